"""How the demo's tiny base models are trained."""

from typing import Annotated

from pydantic import Field

from tracekd.settings.base import Count, Positive, Settings, Share, Text


class BaseRecipe(Settings):
    """Size, length and pass mark of one pre-training; models from elsewhere ignore it."""

    hidden_size: Count = Field(96, description="Width of the network; its inner width is twice that")
    layers: Count = Field(3, description="Layers of the network")
    heads: Count = Field(4, description="Attention heads")
    key_value_heads: Count = Field(2, description="Attention heads of keys and values")
    max_words: Count = Field(4000, description="Most words in the vocabulary")
    max_tokens: Annotated[int, Field(ge=16)] = Field(
        384, description="Longest document in tokens; longer ones are left out"
    )
    copy_steps: Count = Field(
        800, description="Most steps of the copy phase, which ends earlier once all words are copied"
    )
    grow_below: Positive = Field(0.6, description="Mean loss at which the copy phase takes in more words")
    copied_below: Positive = Field(0.3, description="Mean loss at which the copy phase ends")
    document_steps: Count = Field(
        description="Steps of the first round of reading; later rounds have half of them"
    )
    rounds: Count = Field(description="Most rounds of reading")
    question_share: Share = Field(
        0.0, description="Share of reading documents from the run's own training questions"
    )
    questions_per_scene: Count = Field(5, description="Most questions in one reading document")
    shares: dict[Text, Share] = Field(
        description="Weight of each dataset among the simulated reading documents"
    )
    share_of_others: Share = Field(0.3, description="Weight of a dataset that `shares` does not name")
    pass_marks: dict[Text, Share] = Field(
        description="Lowest share of probe questions of each dataset with evidence and answer right"
    )
    pass_mark_of_others: Share = Field(
        0.3, description="Pass mark of a dataset that `pass_marks` does not name"
    )
    probe_questions: Count = Field(128, description="Questions per dataset in the probe")

    def share(self, dataset: str) -> float:
        """Weight of a dataset among the simulated reading documents."""
        return self.shares.get(dataset, self.share_of_others)

    def pass_mark(self, dataset: str) -> float:
        """Lowest share of probe questions of a dataset that must be right."""
        return self.pass_marks.get(dataset, self.pass_mark_of_others)
