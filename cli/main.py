"""`huitou`: everything that people do from a shell. Each topic is a module of its own and is registered here."""

import typer

from cli import (
    call,
    deploy,
    erasures,
    imports,
    invoke,
    items,
    keys,
    local_stack,
    openapi,
    program,
    rebuild,
    redrive,
    run,
    simulate,
)

app = typer.Typer(help="Huitou, a membership platform.", no_args_is_help=True, pretty_exceptions_show_locals=False)
app.add_typer(local_stack.app, name="local")
local_stack.app.command("items")(items.items)
app.add_typer(program.app, name="program")
app.add_typer(keys.app, name="keys")
app.add_typer(imports.app, name="import")
app.add_typer(erasures.app, name="erasures")
for command in (
    deploy.bootstrap,
    deploy.synth,
    deploy.diff,
    deploy.deploy,
    deploy.env,
    invoke.invoke,
    call.call,
    run.run,
    simulate.simulate,
    rebuild.rebuild,
    redrive.redrive,
):
    app.command()(command)
app.command("openapi")(openapi.openapi)

if __name__ == "__main__":
    app()
