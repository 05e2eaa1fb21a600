"""Each stored study is the one that its file describes."""

import json
import pathlib

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STUDIES = sorted((ROOT / "studies").glob("*/*.yaml"))


@pytest.mark.parametrize("path", STUDIES,
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_stored_result_is_of_this_study(path):
    study = yaml.safe_load(path.read_text())
    result = json.loads(path.with_suffix(".json").read_text())
    assert result["study"] == study["name"]
    assert result["seeds"] == study["seeds"] and len(result["seeds"]) >= 5
    assert result["reference"] == study["reference"]
    labels = [*study["arms"], *study.get("baselines", {})]
    assert [arm["label"] for arm in result["arms"]] == labels
    wanted = [(name, amount) for name, amounts
              in study.get("conditions", {}).items() for amount in amounts]
    for arm in result["arms"]:
        assert [(one["corruption"], one["amount"])
                for one in arm["conditions"]] == [(None, 0), *wanted]
        assert sorted(arm["examples"] or {}, key=int) == [
            str(count) for count in study.get("examples", [])]


@pytest.mark.parametrize("path", STUDIES,
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_page_of_findings_says_how_to_repeat_it(path):
    page = (ROOT / "docs/findings" / f"{path.parent.name}.md").read_text()
    assert f"make study NAME={path.parent.name}/{path.stem}" in page
