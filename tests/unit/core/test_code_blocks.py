"""The blocks of code in an answer, as they are copied and numbered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.core.text.code_blocks import code_blocks

ANSWER = """First:

```python
def f():
    return 1
```

1. in a list
   ~~~ sh
   ls ``` here
     -l
   ~~~
> ```
> quoted
> ```

```` md
```
inner
```
````
```js
never closed"""


def test_blocks_are_numbered_and_lose_the_indent_of_their_fence_alone() -> None:
    found = [(block.number, block.line, block.language, block.text) for block in code_blocks(ANSWER)]
    assert found == [
        (1, 2, "python", "def f():\n    return 1"),
        (2, 8, "sh", "ls ``` here\n  -l"),
        (3, 12, "", "quoted"),
        (4, 16, "md", "```\ninner\n```"),
        (5, 21, "js", "never closed"),
    ]


def test_code_in_a_line_and_an_empty_answer_have_no_block() -> None:
    assert not code_blocks("Call ```f()``` twice.") and not code_blocks("")


@given(st.text(alphabet="`~> -1.a\n\t", max_size=60))
def test_any_text_is_read_and_no_block_holds_what_is_not_there(text: str) -> None:
    blocks = code_blocks(text)
    assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
    assert all(line in text for block in any_number_of(blocks) for line in block.text.split("\n"))
