"""`huitou`: everything that people do from a shell. Each topic is a module of its own and is registered here."""

import typer

from cli import deploy, local_stack, program

app = typer.Typer(help="Huitou, a membership platform.", no_args_is_help=True, pretty_exceptions_show_locals=False)
app.add_typer(local_stack.app, name="local")
app.add_typer(program.app, name="program")
app.command("deploy")(deploy.deploy)

if __name__ == "__main__":
    app()
