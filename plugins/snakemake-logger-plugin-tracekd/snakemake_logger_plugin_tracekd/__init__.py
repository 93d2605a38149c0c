"""What a person sees of a Snakemake run: a block in a terminal, else one line every half minute.

What the block says comes with the run: a log record whose attribute `board` is an object with `start`,
`finish` and `fail` (of a job's number), `draw` (lines of the block) and `say` (one line). Warnings and errors
are Snakemake's own, as is everything in a dry run or with --verbose or --printshellcmds. All messages go to
Snakemake's log file in any case.
"""

import logging
import sys
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

LINE_EVERY_S, BLOCK_EVERY_S = 30.0, 1.0
# of Snakemake's messages below a warning, what a run without jobs or with a second attempt is told by
KEPT = (
    "Nothing to be done",
    "Trying to restart job",
    "Unlocked",
    "Touching output",
    "Congratulations",
    "Report created",
)


class LogHandler(LogHandlerBase):
    """The one handler that writes to the screen."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Show all of a dry run, and whatever was asked for by an option."""
        asked = self.common_settings
        self.whole = asked.dryrun or asked.verbose or asked.printshellcmds or asked.debug_dag
        stream = sys.stdout if asked.stdout else sys.stderr
        self.console = Console(file=stream, no_color=asked.nocolor or None, highlight=False, soft_wrap=True)
        self.board: Any = None
        self.live: Live | None = None
        self.ended = Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a job, or print what has to be read."""
        said = record.__dict__
        event = said.get("event")
        if "board" in said:
            if not self.whole:
                self._begin(said["board"])
        elif self.board is not None and event == LogEvent.JOB_INFO:
            self.board.start(said["jobid"])
        elif self.board is not None and event == LogEvent.JOB_FINISHED:
            self.board.finish(said["job_id"])
        elif self.whole or record.levelno >= logging.WARNING or str(record.msg).startswith(KEPT):
            if self.board is not None and event == LogEvent.JOB_ERROR:
                self.board.fail(said["jobid"])
            text = self.format(record)
            if text and text != "None":
                self.console.print(Text(text))

    def _begin(self, board: Any) -> None:
        """Show a board from now on."""
        self.board = board
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self.live = Live(
                get_renderable=self._draw,
                console=self.console,
                refresh_per_second=1 / BLOCK_EVERY_S,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self.live.start()
        else:
            Thread(target=self._say_now_and_then, daemon=True).start()

    def _draw(self) -> Text:
        return Text("\n".join(self.board.draw()), no_wrap=True, overflow="ellipsis")

    def _say_now_and_then(self) -> None:
        while not self.ended.wait(LINE_EVERY_S):
            self.console.print(Text(self.board.say()))

    def close(self) -> None:
        """Leave the block as it was last."""
        self.ended.set()
        if self.live is not None:
            self.live.stop()
            self.live = None
        super().close()
