"""Kinds of traces compared: whose tokens are counted (rules/trace_types.smk)."""

from tracekd.workflow.run import Run


def get_tokenizer(run: Run) -> str | list[str]:
    """Folder of the model whose tokens are counted; none where the run starts from generations."""
    return [] if run.level == "outputs" else f"results/{{run}}/models/{run.models[0]}"
