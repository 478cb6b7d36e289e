"""What `validation` asks of a document, theme by theme: each check yields what it finds wrong, with its place.

A check may assume the shape and nothing else: what another check refuses may be anything, so each looks past it.
"""
