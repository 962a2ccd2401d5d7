"""Each mutant still fits the code, and names a test that is there; `make mutants` runs them."""

import pytest

from tests.mutants.__main__ import REPOSITORY
from tests.mutants.mutants import MUTANTS, Mutant

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_has_its_place_and_its_test(mutant: Mutant) -> None:
    assert (REPOSITORY / mutant.path).read_text().count(mutant.old) == 1
    file, _, test = mutant.caught_by.partition("::")
    assert f"def {test}(" in (REPOSITORY / file).read_text()


def test_each_mutant_is_in_the_table_of_the_page() -> None:
    page = (REPOSITORY / "docs" / "promises.md").read_text()
    assert [mutant.name for mutant in MUTANTS if f"| {mutant.name} |" not in page] == []
