"""Configuration files: what is written is read back, what is wrong is named by file, group and option."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from tests.flow import strategies
from toolkit.core.errors import BadOption, OfframpError, UnknownName
from toolkit.flow import Options
from toolkit.flow.config import MOST_BYTES, read_config, to_yaml
from toolkit.flow.options import DECLARED

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@settings(deadline=None)
@given(strategies.options(tuple(name for name, one in DECLARED.items() if not one.exists)))
def test_what_is_written_is_read_back(options: Options) -> None:
    with TemporaryDirectory() as name:
        file = Path(name, "run.yaml")
        file.write_text(to_yaml(options), encoding="utf-8")
        assert Options.of(**read_config(file)) == options


@settings(deadline=None)
@given(strategies.options())
def test_every_value_survives_yaml(options: Options) -> None:
    assert Options.parse(yaml.safe_load(to_yaml(options))) == options


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.yaml", "simulation: {frames: 100}\npolicy:\n  epsilon: 1e-2\n  max_loss: 1\n"),
        ("run", '{"simulation": {"frames": 100}, "policy": {"epsilon": 1e-2, "max_loss": 1}}'),
        ("run.json", '{"simulation": {"frames": 100}, "policy": {"epsilon": 1e-2, "max_loss": 1}}'),
        ("run.toml", "simulation.frames = 100\n[policy]\nepsilon = 1e-2\nmax_loss = 1\n"),
    ],
)
def test_a_file_has_the_options_that_it_names(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_config(tmp_path / name) == {"frames": 100, "epsilon": 0.01, "max_loss": 1.0}


def test_a_complete_file_has_a_line_of_help_for_every_option() -> None:
    text = to_yaml(Options())
    for one in DECLARED.values():
        assert f"  # {one.described}\n  {one.name}: " in text
    assert list(yaml.safe_load(text)) == list(Options.model_fields)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("simulatoin: {frames: 1}", "run.yaml: unknown group 'simulatoin'.* Did you mean simulation"),
        ("frames: 1", "run.yaml: unknown group 'frames'"),
        ("5: 1", "run.yaml: unknown group '5'"),
        ("simulation: {frmes: 1}", "run.yaml: unknown option of simulation 'frmes'.* Did you mean frames"),
        ("simulation: {5: 1}", "run.yaml: unknown option of simulation '5'"),
        ("policy: {frames: 1}", "run.yaml: unknown option of policy 'frames'.* It is in group simulation"),
        ("simulation:", "run.yaml: group simulation; expected options with their values; found None"),
        ("simulation: 3", "run.yaml: group simulation; expected options with their values; found 3"),
        ("simulation: {frames: 1:30}", "run.yaml: simulation.frames; .* found '1:30'"),
        ("simulation: {frames: 020}", "run.yaml: simulation.frames; .* found '020'"),
        ("simulation: {<<: {frames: 1}}", "run.yaml: unknown option of simulation '<<'"),
        ("simulation: {frames: 0}", "run.yaml: simulation.frames; expected 1 to 1,000,000; found 0"),
        ("simulation: {frames: '7'}", "run.yaml: simulation.frames; expected a whole number, .* found '7'"),
        ("simulation: {frames: yes}", "run.yaml: simulation.frames; expected a whole number, .* found True"),
        ("simulation: {frames: 2020-01-01}", "run.yaml: simulation.frames; expected a whole number"),
        ("simulation: {layers: 1}", "run.yaml: simulation.layers; expected true or false; found 1"),
        ("policy: {delta: .nan}", "run.yaml: policy.delta; expected a finite number, above 0 and below 1"),
        ("policy: {max_latency: .inf}", "run.yaml: policy.max_latency; expected a finite number"),
        ("policy: {fraction_bits: 3}", "run.yaml: policy.fraction_bits; expected 4 to 16; found 3"),
        ("quant: {scaling: po3}", "run.yaml: quant.scaling; expected po2 or float; found 'po3'"),
        ("network: {model: b_lenet_es}", "run.yaml: unknown model 'b_lenet_es'.* Did you mean b_lenet_se"),
        ("network: {model: null}", "run.yaml: network.model; expected a text; found None"),
        ("network: {checkpoint: no.pt}", "run.yaml: network.checkpoint; expected a file; found no.pt, which"),
        ("network: {checkpoint: [a]}", "run.yaml: network.checkpoint; expected a path"),
        ("data: {data_dir: no}", "run.yaml: data.data_dir; expected a path; found False"),
        ("", "run.yaml; expected groups of options; found nothing"),
        ("# a comment\n", "run.yaml; expected groups of options; found nothing"),
        ("[a, b]", r"run.yaml: options; expected groups of options; found \['a', 'b'\]"),
        ("some words", "run.yaml: options; expected groups of options; found 'some words'"),
        ("a: [", "run.yaml cannot be read; expected YAML in UTF-8; found .* in line 1"),
        ("a: 1\na: 2", "run.yaml cannot be read; .* found a name stands twice in line 1"),
        ("simulation: {frames: 1, frames: 2}", "run.yaml cannot be read; .* a name stands twice in line 1"),
        ("{[]: 1}", "run.yaml cannot be read; .* unhashable key in line 1"),
        ("a: \x07", "run.yaml cannot be read; .* special characters are not allowed"),
        ("a: 1\n---\nb: 1", "run.yaml cannot be read"),
        (BOMB, "run.yaml cannot be read; .* anchors, aliases and tags are not allowed in line 1"),
        ("a: *b", "run.yaml cannot be read; .* anchors, aliases and tags are not allowed"),
        ("!!python/object/apply:os.system ['false']", "anchors, aliases and tags are not allowed"),
        ("a: !!set {b}", "anchors, aliases and tags are not allowed in line 1"),
        ("[" * 60_000, "run.yaml cannot be read; .* found values nested too deep"),
        (f"simulation: {{frames: {'9' * 5000}}}", "run.yaml cannot be read; .* digits"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises((BadOption, UnknownName), match=words):
        read_config(tmp_path / "run.yaml")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("run.json", b"[" * 60_000, "found (values nested too deep|Expecting value)"),
        ("run.json", b"{", "run.json cannot be read; expected JSON in UTF-8; found Expecting"),
        ("run.json", b'{"policy": {"delta": NaN}}', "run.json cannot be read; .*NaN where a finite number"),
        ("run.json", b'{"data": {"seed": 1, "seed": 2}}', "run.json cannot be read; .*a name stands twice"),
        ("run.JSON", b"{", "run.JSON cannot be read; expected JSON in UTF-8; found Expecting"),
        ("run.json", b"null", "run.json; expected groups of options; found nothing"),
        ("run.toml", b"a =", "run.toml cannot be read; expected TOML in UTF-8; found Invalid value"),
        ("run.toml", b"", "run.toml; expected groups of options; found nothing"),
        ("run.yaml", b"a: \xff", "run.yaml cannot be read; expected YAML in UTF-8; found 'utf-8' codec"),
        ("run.yaml", b"#" * (MOST_BYTES + 1), "run.yaml; expected at most 65,536 bytes; found 65,537"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadOption, match=words):
        read_config(tmp_path / name)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere.yaml", "--config; expected a file; found /nowhere.yaml, which does not exist"),
        ("/", "--config; expected a file; found /, which is not a file"),
        ("/dev/zero", "--config; expected a file; found /dev/zero, which is not a file"),
    ],
)
def test_a_path_that_is_no_file_is_refused(path: str, words: str) -> None:
    with pytest.raises(OfframpError, match=words):
        read_config(Path(path))


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("simulation: {frames: 3} #".ljust(MOST_BYTES))
    assert read_config(tmp_path / "run.yaml") == {"frames": 3}


@pytest.mark.parametrize("text", ["simulation: {frames: 1}", "simulation: {frames: 2.0}", "[1]"])
def test_json_and_yaml_mean_the_same(tmp_path: Path, text: str) -> None:
    value = yaml.safe_load(text)
    (tmp_path / "run.yaml").write_text(text)
    (tmp_path / "run.json").write_text(json.dumps(value))
    found: list[Any] = []
    for name in ("run.yaml", "run.json"):
        try:
            found.append(read_config(tmp_path / name))
        except BadOption as error:
            found.append(str(error).replace(name, "FILE"))
    assert found[0] == found[1]
