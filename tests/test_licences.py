"""Every package that hpedu installs may be passed on with it."""

from __future__ import annotations

import pytest

from tests.licences import RUN_LOCK, TEST_LOCK, TEST_ONLY, find_family, list_locked, tabulate


@pytest.mark.parametrize(
    "licence", ["MIT License", "BSD-3-Clause AND 0BSD AND MIT", "Apache-2.0 OR GPL-3.0-only", "ISC License (ISCL)"]
)
def test_a_free_licence_is_known(licence: str) -> None:
    assert find_family(licence)


@pytest.mark.parametrize(
    "licence",
    ["", "GNU General Public License v2 or later (GPLv2+)", "LGPL-3.0", "MIT AND AGPL-3.0-only", "Proprietary"],
)
def test_a_licence_that_binds_or_is_not_known_is_refused(licence: str) -> None:
    assert not find_family(licence)


def test_the_packages_of_the_lock_files_do() -> None:
    run, test = list_locked(RUN_LOCK), list_locked(TEST_LOCK)
    assert not tabulate(run, {})[1]
    assert not tabulate(test - run, TEST_ONLY)[1]
    # None that is excused for the tests is needed by hpedu itself.
    assert not run & TEST_ONLY.keys()


def test_a_package_that_binds_is_named() -> None:
    assert tabulate(["unidecode"], {})[1] == ["unidecode: GNU General Public License v2 or later (GPLv2+)"]
