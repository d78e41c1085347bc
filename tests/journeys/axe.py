"""axe-core in a page: what keeps people out who can't see, point or tell colours apart."""

from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.needs import missing

SCRIPT = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
BAD = ("serious", "critical")
OF_COLOURS = ("color-contrast", "link-in-text-block")
_RUN = """
async ([impacts, rules]) => {
  const runOnly = rules.length ? { runOnly: rules } : {};
  const found = await axe.run(document, { resultTypes: ["violations"], ...runOnly });
  return found.violations
    .filter((each) => impacts.includes(each.impact))
    .flatMap((each) => each.nodes.map((node) => [each.id, node.target.join(" "), node.html]))
    .map((words) => words.join(" ").slice(0, 300));
}
"""


def violations(page: Page, *rules: str) -> list[str]:
    """Give each element with a serious violation of all rules, or of some, by the one it breaks."""
    if not SCRIPT.exists():
        missing("axe-core", "run `npm ci --prefix tests/journeys`")
    page.evaluate(SCRIPT.read_text())
    found: list[str] = page.evaluate(_RUN, [list(BAD), list(rules)])
    return found
