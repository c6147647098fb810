"""A search box of a page, held to what the server finds."""

from playwright.sync_api import Page

from entrypoints.web.pages.tiles import plain
from tests.entrypoints.web.search_corpus import CORPUS, Row, all_characters


SEEK = """([host, rows]) => {
  const root = host ? document.querySelector(host).shadowRoot : document;
  const input = root.querySelector("input[type=search]");
  const item = root.querySelector("li[data-terms]");
  return rows.map(([terms, sought]) => {
    item.dataset.terms = terms;
    input.value = sought;
    input.dispatchEvent(new Event("input"));
    return !item.hidden;
  });
}"""


def disagreements(page: Page, host: str = "") -> list[Row]:
    """What the script finds, and the server does not, or the other way round."""
    rows = [*CORPUS, *(Row(text, text, found=True) for text in all_characters())]
    asked = [[plain(row.name), row.sought] for row in rows]
    found = page.evaluate(SEEK, [host, asked])
    return [row for row, its in zip(rows, found, strict=True) if row.found is not its]
