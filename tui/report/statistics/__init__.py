"""What may be said of two models, one question a file. Pure: values in, frozen dataclasses out; numpy only when asked.

| question | file |
|---|---|
| one metric over many runs | `sample.py` |
| is one model better than another on the same prompts | `paired.py` |
| how often does it win; any other share | `shares.py` |
| in which order do several models stand | `ranking.py`, with the strengths of `bradley_terry.py` |
| is it faster, in one session or between two | `times.py` |
| how many prompts does that take, and may one stop | `prompts_needed.py` |

The unit is the prompt: rounds and raters are averaged inside a prompt first (`per_prompt.py`), and each prompt counts
once (Miller, arXiv 2411.00640). No result depends on the order in which values are given, or on the names of models.
"""
