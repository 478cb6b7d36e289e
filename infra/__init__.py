"""The CDK app: what the platform consists of on AWS, and on the local stack alike."""
