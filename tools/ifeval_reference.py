"""The IFEval checker of lm_eval 0.4.13, without the rest of that package (whose import wants torch and datasets)."""
import importlib.util
import pathlib
import sys
import types

for name, folder in (("lm_eval", ""), ("lm_eval.tasks", "tasks"), ("lm_eval.tasks.ifeval", "tasks/ifeval")):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(importlib.util.find_spec("lm_eval").origin).parent / folder)] if name == "lm_eval" else [
        str(pathlib.Path(sys.modules["lm_eval"].__path__[0]) / folder)]
    sys.modules[name] = package

from lm_eval.tasks.ifeval import instructions_util, utils  # noqa: E402, F401
