"""Base models: fetched from the hub, or tiny ones trained in the workflow; loaded in 4 bits."""

import os

# bitsandbytes marks functions for torch.compile when it is imported, which loads the compiler: a second and
# 45 MB of every process. Nothing here is ever compiled.
os.environ["TORCHDYNAMO_DISABLE"] = "1"
