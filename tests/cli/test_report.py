"""limen report: what the page holds, in a real browser, and bad input."""

import base64
import html
import json
import os
import pathlib
import re
import shutil
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import browser, media, requests_of
from conftest import fails, run, train

SECTIONS = ["Learning", "Accuracy against the number of steps", "Robustness",
            "Confusion", "Surest wrong answers", "One sample, every spike",
            "Activity and weights", "Confidence", "Data and environment"]
HOSTILE = "<img src=x onerror=hacked=1>\"'&"
SCRIPT = "</pre></script><script>hacked=1</script>"
ARMS = ["FF", "+U", "+U+V", "ReLU", HOSTILE]


def interval(mean):
    return {"mean": mean, "low": mean - 0.02, "high": mean + 0.03}


def arm(place, label):
    shift = 0.01 * place
    conditions = [{"corruption": None, "amount": 0,
                   "accuracy": interval(0.88 + shift), "silent": 0.02,
                   "saturated": 0, "winner": 0.12, "ece_temperature": 0.02}]
    for kind, amounts in (("gaussian", [0.5, 0.1, 0.3]),
                          ("dropout", [0.25, 0.75]),
                          ("contrast", [0.8, 0.2])):
        conditions += [{"corruption": kind, "amount": amount,
                        "accuracy": interval(0.85 - 0.8 * amount + shift),
                        "silent": amount / 4, "saturated": 0.01,
                        "winner": 0.3, "ece_temperature": None}
                       for amount in amounts]
    return {"label": label, "parameters": 269322, "conditions": conditions,
            "areas": {"gaussian": interval(0.6 + shift),
                      "dropout": interval(0.5 + shift)},
            "overall": {"accuracy": interval(0.6), "loss": interval(1.25)},
            "stability": {"settle": interval(6.5), "flips": interval(0.25)},
            "by_steps": {"1": 0.7, "5": 0.85, "20": 0.88 + shift},
            "examples": {"1000": interval(0.85), "1": interval(0.4),
                         "10": interval(0.6), "100": interval(0.76)}}


def write_study(folder):
    """A made-up study of five arms, in the shapes of `limen compare`."""
    differences = [
        {"arm": label, "reference": "FF", "what": "accuracy",
         "corruption": "gaussian", "amount": 0.3, "mean": 0.027, "low": 0.012,
         "high": 0.041, "t": 6.1, "p": 0.001, "p_holm": 0.01 * place,
         "is_real": place < 3}
        for place, label in enumerate(ARMS[1:], 1)]
    differences.append(
        {"arm": "+U", "reference": "ReLU", "best_of": True, "what": "settle",
         "corruption": None, "amount": None, "mean": 3.5, "low": 2, "high": 4.25,
         "t": 9, "p": 0.5, "p_holm": 1, "is_real": False})
    folder.mkdir()
    (folder / "study.json").write_text(json.dumps(
        {"name": "robust", "question": f"Is it? {SCRIPT}",
         "version": "0.1.0"}))
    (folder / "result.json").write_text(json.dumps(
        {"study": f"robust {HOSTILE}", "seeds": [1, 2, 3, 4, 5],
         "arms": [arm(*pair) for pair in enumerate(ARMS)],
         "differences": differences,
         "sentences": ["+U is 2.7 points better than FF under gaussian 0.3.",
                       f"{HOSTILE} cannot be told from FF."]}))


@pytest.fixture(scope="module")
def folder(toy, tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    train(toy, "one", cwd=path)
    train(toy, "two", "--hidden", "4,4", "--no-feedback",
          "--train-samples", "150", "--epochs", "1", cwd=path)
    run("report", "one", cwd=path)
    run("report", "one", "two", "-o", "both.html", cwd=path)
    write_study(path / "study")
    run("report", "study", cwd=path)
    return path


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as it:
        yield it


def open_page(driver, path):
    requests_of(driver)
    driver.get_log("browser")
    driver.get(path.resolve().as_uri())
    return driver.find_elements(By.CSS_SELECTOR, "figure.chart")


PAGES = ["one/report.html", "both.html", "study/report.html"]
pages = pytest.mark.parametrize("page", PAGES)


def test_the_path_of_the_page_is_the_one_line_on_stdout(folder):
    done = run("report", "one", "-o", "other.html", cwd=folder)
    assert done.stdout == "other.html\n"
    assert (folder / "other.html").stat().st_size < 1e6


def test_the_page_is_the_same_on_one_thread_and_two(folder):
    for threads in ("1", "2"):
        run("report", "one", "two", "-o", f"t{threads}.html", "--threads",
            threads, cwd=folder)
    assert ((folder / "t1.html").read_bytes()
            == (folder / "t2.html").read_bytes())


def test_every_part_of_a_run_is_there(folder):
    text = (folder / "one/report.html").read_text()
    assert [t for t in re.findall("<h2>(.*?)</h2>", text)] == SECTIONS
    result = json.loads((folder / "one/result.json").read_text())
    low, high = result["interval"]
    assert f"<b>{100 * result['test_accuracy']:.1f} %</b>" in text
    assert f"95 % interval {100 * low:.1f} to {100 * high:.1f} %" in text
    assert "limen train --data" in text and result["test_sha256"] in text


def test_confusion_and_curve_are_those_of_eval(folder):
    done = run("eval", "one", "--seeds", "1", "--steps", "1,2,20", "--json",
               cwd=folder)
    result = json.loads(done.stdout)
    text = html.unescape((folder / "one/report.html").read_text())
    for label, row in enumerate(result["confusion"]):
        for answer, count in enumerate(row):
            assert (f"label {label}, answer {answer}: "
                    f"{100 * count / sum(row):.1f} % ({count})") in text
    for point in result["points"]:
        share = f"{100 * point['accuracy']:.4g}"
        assert f"one: steps T {point['steps']}, {share} % (" in text


def test_robustness_and_confidence_are_those_of_eval(folder):
    conditions = ["gaussian:0.38", "dropout:0.75", "contrast:0.2",
                  "background:0.3"]
    done = run("eval", "two", "--seeds", "1", "--corrupt",
               ",".join(conditions), "--json", cwd=folder)
    rows = json.loads(done.stdout)["conditions"]
    run("report", "two", "-o", "two.html", cwd=folder)
    text = (folder / "two.html").read_text()
    for row in rows[1:]:
        cells = "".join(f'<td class="n">{100 * row[name]:.1f} %</td>'
                        for name in ("accuracy", "silent", "saturated"))
        assert (f'<td>{row["corruption"]}</td><td class="n">{row["amount"]:g}'
                f"</td>{cells}") in text
    assert f"raw, ECE {100 * rows[0]['ece']:.1f} %" in text
    assert f"ECE {100 * rows[0]['ece_temperature']:.1f} %" in text
    assert f"errors: {rows[0]['roc_area']:.3f}" in text


def test_learning_curves_are_the_lines_of_metrics(folder):
    text = (folder / "one/report.html").read_text()
    for line in (folder / "one/metrics.jsonl").read_text().splitlines():
        epoch = json.loads(line)
        assert f"epoch {epoch['epoch']}, {epoch['loss']:.4g}\"" in text
        assert f"epoch {epoch['epoch']}, {100 * epoch['validation_accuracy']:.4g} %" in text


def test_the_raster_holds_the_spikes_of_predict(folder, toy):
    with np.load(toy) as data:
        np.save(folder / "x.npy", data["x_test"][:1])
    run("predict", "one", "x.npy", "--raster", "r.npy", "--layer", "1",
        "--steps", "50", cwd=folder)
    bits = np.unpackbits(np.load(folder / "r.npy"), axis=2,
                         bitorder="little")[0, :, :16].T
    text = (folder / "one/report.html").read_text()
    path = re.search(r'data-label="layer 1".*?<path [^>]* d="([^"]*)"', text,
                     re.S).group(1)
    drawn = np.zeros((16, 50), int)
    for t, unit, length in re.findall(r"M(\d+) (\d+)h(\d+)", path):
        drawn[int(unit), int(t):int(t) + int(length)] = 1
    assert bits.any() and (drawn == bits).all()


@pages
def test_every_chart_has_marks_and_its_title(folder, driver, page):
    charts = open_page(driver, folder / page)
    assert len(charts) >= {"one/report.html": 25, "both.html": 30,
                           "study/report.html": 6}[page]
    for chart in charts:
        title = chart.find_element(By.TAG_NAME, "svg").get_attribute(
            "aria-label")
        assert title and values_of(driver, chart), title
        assert chart.size["height"] > 100 and chart.size["width"] > 200


@pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_leaves_the_page_and_the_console_is_silent(
        folder, driver, page, scheme):
    media(driver, scheme)
    open_page(driver, folder / page)
    hover(driver, driver.find_elements(By.CSS_SELECTOR, "figure.chart")[0])
    requests = [url for url in requests_of(driver)
                if not url.startswith("data:")]
    assert requests == [(folder / page).resolve().as_uri()]
    assert driver.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter((e) => !e.name.startsWith('data:')).length") == 0
    assert driver.get_log("browser") == []
    print("load event after", driver.execute_script(
        "return performance.getEntriesByType('navigation')[0].loadEventEnd"),
        "ms")


def tip(driver):
    return driver.find_element(By.ID, "tip").text


def values_of(driver, chart):
    return driver.execute_script(
        "return [...arguments[0].querySelectorAll('.mark')]"
        ".map((mark) => mark.dataset.v)", chart)


def hover(driver, chart):
    """Moves the pointer onto a mark and returns what is read out."""
    svg = chart.find_element(By.TAG_NAME, "svg")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})",
                          svg)
    mark = driver.execute_script(
        "const m = arguments[0].querySelectorAll('.mark');"
        "return m[Math.floor(m.length / 2)]", svg)
    ActionChains(driver, duration=0).move_to_element(mark).perform()
    return tip(driver)


@pages
def test_pointing_shows_the_value_of_a_mark(folder, driver, page):
    for chart in open_page(driver, folder / page):
        shown = hover(driver, chart)
        values = values_of(driver, chart)
        if "raster" in chart.get_attribute("class"):
            assert re.search(r"unit \d+, step \d+, (fires|silent)$", shown)
        else:
            assert shown and shown in values


def test_the_arrow_keys_walk_over_the_marks(folder, driver):
    chart = open_page(driver, folder / PAGES[0])[0]
    svg = chart.find_element(By.TAG_NAME, "svg")
    values = values_of(driver, svg)
    driver.execute_script("arguments[0].focus()", svg)
    seen = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT,
                Keys.ARROW_LEFT):
        ActionChains(driver).send_keys(key).perform()
        seen.append(tip(driver))
    assert seen == [values[0], values[1], values[0], values[-1]]
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()
    assert tip(driver) == ""


def test_the_raster_zooms_by_keys_buttons_and_dragging(folder, driver):
    open_page(driver, folder / PAGES[0])
    chart = driver.find_element(By.CSS_SELECTOR, "figure.raster")
    layer = chart.find_elements(By.CSS_SELECTOR, "svg.layer")[1]

    def box():
        return [float(x) for x in driver.execute_script(
            "return arguments[0].getAttribute('viewBox')", layer).split()]

    svg = chart.find_element(By.TAG_NAME, "svg")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'});"
                          "arguments[0].focus()", svg)
    assert box() == [0, 0, 50, 16]
    ActionChains(driver).send_keys("+").perform()
    assert box() == [12.5, 4, 25, 8]
    ActionChains(driver).send_keys(Keys.ARROW_RIGHT).perform()
    assert box() == [18.75, 4, 25, 8]
    # where a layer is silent too, and where it was out of sight before
    frame = chart.find_elements(By.CSS_SELECTOR, "rect.frame")[1]
    x, y = frame.rect["width"], frame.rect["height"]
    for dx in (-0.4, 0.4):
        ActionChains(driver, duration=0).move_to_element_with_offset(
            frame, int(dx * x), int(0.4 * y)).perform()
        unit, step = re.search(r"unit (\d+), step (\d+)", tip(driver)).groups()
        assert int(unit) == 11
        assert abs(int(step) - (18.75 + (0.5 + dx) * 25 + 1)) <= 1.5
    ends = [e.text for e in
            chart.find_elements(By.CSS_SELECTOR, ".step-end")]
    assert ends == ["19", "44"]
    chart.find_element(By.XPATH, ".//button[text()='all']").click()
    assert box() == [0, 0, 50, 16]
    ActionChains(driver, duration=0).move_to_element(layer).click_and_hold() \
        .move_by_offset(200, 20).release().perform()
    assert box()[2] < 25 and box()[3] <= 16


def test_print_has_no_buttons_and_is_light(folder, driver):
    open_page(driver, folder / PAGES[0])
    media(driver, "dark", "print")
    style = "return getComputedStyle(document.querySelector('%s')).%s"
    assert driver.execute_script(style % (".tools", "display")) == "none"
    assert (driver.execute_script(style % ("body", "backgroundColor"))
            == "rgb(255, 255, 255)")
    media(driver)


@pages
def test_a_saved_drawing_stands_alone(folder, driver, page):
    for chart in open_page(driver, folder / page):
        text = driver.execute_script(
            "return limenReport.svgText(arguments[0].querySelector('svg'))",
            chart)
        root = ET.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text and "href" not in text
        marks = [e for e in root.iter()
                 if "mark" in e.get("class", "").split()]
        assert marks and all(mark.get("fill", "").startswith("#")
                             for mark in marks)


def test_the_program_draws_the_charts_without_a_script(folder):
    text = (folder / "one/report.html").read_text()
    body = text[text.index("<main>"):text.index("</main>")]
    assert "<script" not in body and body.count("<figure") > 20
    for drawing in re.findall(r"<svg xmlns.*?</svg></figure>", body, re.S):
        ET.fromstring(drawing[:-len("</figure>")])


def test_the_surest_wrong_answers_are_shown_with_their_images(folder, toy):
    with np.load(toy) as data:
        x, y = data["x_test"], data["y_test"]
    text = (folder / "both.html").read_text()
    cards = re.findall(r'base64,([^"]*)">.*?aria-label="Test sample (\d+): '
                       r"(\d+) taken for (\d+), (\d+) % sure", text, re.S)
    assert len(cards) == 8
    sure = [int(card[4]) for card in cards]
    assert sure == sorted(sure, reverse=True)
    for bytes64, sample, label, answer, _ in cards:
        bmp = base64.b64decode(bytes64)
        grey = np.frombuffer(bmp, np.uint8, offset=54 + 1024)
        assert int.from_bytes(bmp[2:6], "little") == len(bmp)
        assert (grey.reshape(8, 8)[::-1] == x[int(sample)]).all()
        assert int(label) == y[int(sample)] != int(answer)


def test_a_part_of_the_samples_has_the_spikes_of_the_whole_test(folder, toy):
    with np.load(toy) as data:
        np.save(folder / "all.npy", data["x_test"])
    done = run("predict", "two", "all.npy", "--json", cwd=folder)
    answers = [one["answer"] for one in json.loads(done.stdout)]
    run("report", "two", "--count", "50", "-o", "part.html", cwd=folder)
    cards = re.findall(r"Test sample (\d+): \d+ taken for (\d+)",
                       (folder / "part.html").read_text())
    assert len({int(sample) for sample, _ in cards}) == 8
    assert all(int(sample) % 4 == 0 and answers[int(sample)] == int(answer)
               for sample, answer in cards)


def test_two_runs_share_charts_and_tables(folder):
    text = (folder / "both.html").read_text()
    chart = re.search(r'aria-label="Accuracy against T".*?</figure>', text,
                      re.S).group(0)
    assert "one: steps T 20" in chart and "two: steps T 20" in chart
    assert text.count("of 200 test samples, T = 20") == 2


def test_runs_of_one_name_are_told_apart(folder):
    (folder / "deep").mkdir(exist_ok=True)
    shutil.copytree(folder / "two", folder / "deep/one")
    run("report", "one", "deep/one", "-o", "same.html", cwd=folder)
    assert "one (2)" in (folder / "same.html").read_text()


def test_names_and_arguments_are_only_text(folder, driver, toy):
    hostile = folder / HOSTILE
    shutil.copytree(folder / "one", hostile)
    about = json.loads((hostile / "run.json").read_text())
    about["arguments"] += [SCRIPT, "it's"]
    about["data"]["source"] = about["version"] = SCRIPT
    about["settings"]["hidden"] = SCRIPT
    (hostile / "run.json").write_text(json.dumps(about))
    run("report", HOSTILE, "one", "-o", "hostile.html", cwd=folder)
    for page in ("hostile.html", "study/report.html"):
        open_page(driver, folder / page)
        assert driver.execute_script("return typeof hacked") == "undefined"
        assert len(driver.find_elements(By.TAG_NAME, "script")) == 1
        assert not driver.find_elements(By.CSS_SELECTOR, "img[onerror]")
        assert HOSTILE in driver.find_element(By.TAG_NAME, "body").text
    driver.get((folder / "hostile.html").resolve().as_uri())
    command = driver.find_element(By.TAG_NAME, "pre").text
    assert command.endswith(f"'{SCRIPT}' 'it'\\''s'")


def test_only_the_page_s_own_script_may_run(folder, driver):
    page = folder / "changed.html"
    text = (folder / "one/report.html").read_text()
    page.write_text(text.replace("</main>", f"</main>{SCRIPT}"))
    driver.get(page.resolve().as_uri())
    assert driver.execute_script("return typeof hacked") == "undefined"


def test_a_study_says_its_verdicts(folder):
    text = (folder / "study/report.html").read_text()
    assert "+U is 2.7 points better than FF under gaussian 0.3." in text
    rows = re.findall(r'<tr class="real"><td>(.*?)</td>', text)
    assert rows == ["+U", "+U+V"]
    assert text.count("cannot be told</td>") == 3
    # points for shares, steps as they are
    assert '+2.70</td><td class="n">+1.20 to +4.10</td>' in text
    assert '+3.50</td><td class="n">+2.00 to +4.25</td>' in text
    assert "ReLU (best)" in text
    assert '6.5 <span class="soft">6.48 to 6.53</span>' in text
    assert '25.0 % <span class="soft">23.0 to 28.0</span>' in text
    # amount 0 is the clean accuracy, amounts ascend, examples on a log axis
    chart = re.search(r'aria-label="gaussian".*?</figure>', text,
                      re.S).group(0)
    assert re.findall(r'data-v="FF: amount ([0-9.]+),', chart) == [
        "0", "0.1", "0.3", "0.5"]
    chart = re.search(r'aria-label="contrast".*?</figure>', text,
                      re.S).group(0)
    # 0 would be a black image, so clean has no point on this axis
    assert re.findall(r'data-v="FF: amount ([0-9.]+),', chart) == [
        "0.2", "0.8"]
    assert chart.count("stroke-dasharray") == len(ARMS)
    assert "FF: examples of each class 1000, 85 % (83 % to 88 %)" in text


@pytest.mark.parametrize("keep", ["data", "model", "metrics", "result"])
def test_what_is_missing_is_left_out_and_said(folder, toy, tmp_path, keep):
    shutil.copytree(folder / "one", tmp_path / "run")
    more = []
    if keep == "data":
        more = ["--data", tmp_path / "gone.npz"]
    else:
        names = {"model": ["best.safetensors", "model.safetensors"],
                 "metrics": ["metrics.jsonl"],
                 "result": ["result.json"]}[keep]
        for name in names:
            (tmp_path / "run" / name).unlink()
    run("report", "run", *more, cwd=tmp_path)
    text = (tmp_path / "run/report.html").read_text()
    said = {"data": "There is no test data for this run",
            "model": "There is no model in this run",
            "metrics": "No epoch is on record",
            "result": "of 200 test samples, T = 20"}[keep]
    assert said in text and ("Confusion" in text) == (
        keep in ("metrics", "result"))
    assert not re.search(r"\bnan\b", text, re.I)


def test_at_most_so_many_samples_are_measured(folder):
    run("report", "one", "--count", "40", "-o", "few.html", cwd=folder)
    text = (folder / "few.html").read_text()
    assert "measured on 40 test samples" in text


@pytest.mark.parametrize("name, content, word", [
    ("metrics.jsonl", '{"epoch": 1}\n{"epoch"\n', "line 2"),
    ("run.json", '{"program": ', "run.json: damaged"),
    ("run.json", "[]", "run.json: damaged"),
    ("result.json", "3", "result.json: damaged"),
    ("best.safetensors", "no model", "best.safetensors"),
])
def test_a_damaged_run_is_named_with_its_place(folder, tmp_path, name, content,
                                               word):
    shutil.copytree(folder / "one", tmp_path / "run")
    (tmp_path / "run/report.html").unlink()
    (tmp_path / "run" / name).write_text(content)
    assert word in fails("report", "run", cwd=tmp_path, code=3)
    assert not (tmp_path / "run/report.html").exists()


@pytest.mark.parametrize("content", [
    {"test_accuracy": "high", "interval": 3, "samples": None},
    {"test_accuracy": 0.5, "interval": [], "samples": 10}])
def test_a_result_of_another_shape_is_not_believed(folder, tmp_path, content):
    shutil.copytree(folder / "one", tmp_path / "run")
    (tmp_path / "run/result.json").write_text(json.dumps(content))
    (tmp_path / "run/metrics.jsonl").write_text(
        '{"loss": "x", "activity": 3}\n{}\n')
    run("report", "run", cwd=tmp_path)


def test_words_that_are_no_run(folder, tmp_path):
    assert "name one to" in fails("report", cwd=tmp_path, code=2)
    assert "no run.json" in fails("report", "nothing", cwd=tmp_path, code=3)
    model = folder / "one/model.safetensors"
    assert "no run.json" in fails("report", model, cwd=tmp_path, code=3)
    assert "alone" in fails("report", folder / "one", folder / "study",
                            cwd=tmp_path, code=2)
    assert "cannot" in fails("report", folder / "one", "-o",
                             "no/folder/x.html", cwd=tmp_path, code=3).replace(
                                 "No such", "cannot")


def test_a_study_that_is_not_finished_or_damaged(folder, tmp_path):
    shutil.copytree(folder / "study", tmp_path / "study")
    for content, word in ((None, "finished"), ("{", "damaged"),
                          ('{"arms": []}', "no arm"), ('{"arms": 3}', "no arm")):
        path = tmp_path / "study/result.json"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content)
        assert word in fails("report", "study", cwd=tmp_path, code=3)


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [None], [3], [{}],
                                   [{"conditions": 3, "areas": [], "label": 1}],
                                   [{"conditions": [{"corruption": "a"}]}]])
def test_any_json_in_a_study_is_a_page_or_a_sentence(tmp_path, value):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.json").write_text("{}")
    (folder / "result.json").write_text(json.dumps(
        {"arms": value, "differences": value, "sentences": value}))
    done_page = isinstance(value, list) and len(value) > 0
    if done_page:
        run("report", "study", cwd=tmp_path)
    else:
        fails("report", "study", cwd=tmp_path, code=3)


def test_a_set_without_images_has_no_robustness_part(tmp_path):
    rng = np.random.default_rng(2)
    x = rng.random((300, 20), np.float32)
    y = (x[:, 0] > 0.5).astype(np.uint8)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    train("d.npz", "run", cwd=tmp_path)
    run("report", "run", cwd=tmp_path)
    text = (tmp_path / "run/report.html").read_text()
    assert "Confusion" in text and "Robustness" not in text


def test_the_embedded_files_are_those_of_the_folder(folder):
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    text = (folder / "one/report.html").read_text()
    for name in ("style.css", "script.js"):
        assert (root / "report" / name).read_text() in text
    assert os.access(root / "report/embed", os.X_OK)
