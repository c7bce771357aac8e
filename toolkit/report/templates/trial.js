"use strict";
{
  const trial = JSON.parse(document.getElementById("trial-data").textContent);
  const early = trial.chosen.length, last = trial.thresholds.length - 1;
  const at = (name) => document.getElementById("trial-" + name);
  const sliders = trial.chosen.map((_, k) => at("at-" + k));

  /* What a policy, an index of thresholds per early exit, does to all frames. */
  function outcome(policy) {
    const left = new Array(early + 1).fill(0);
    let correct = 0;
    for (const group of trial.frames) {
      const count = group[group.length - 1];
      let exit = policy.findIndex((index, k) => group[k] <= index);
      if (exit < 0) exit = early;
      left[exit] += count;
      correct += count * group[early + exit];
    }
    const frames = left.reduce((a, b) => a + b);
    const rates = left.map((one) => one / frames);
    return { rates, accuracy: correct / frames, ...means(rates) };
  }

  function means(rates) {
    const { latency_us, incremental_uj, idle_w, by_interval, stages, decision_cycles, cycle_us } = trial.means;
    const mean = (values) => values.reduce((sum, value, k) => sum + value * rates[k], 0);
    const there = rates.map((_, k) => rates.slice(k).reduce((a, b) => a + b));
    const host = decision_cycles * there.slice(0, early).reduce((a, b) => a + b, 0);
    const interval = Math.max(host, ...stages.map((stage, k) => stage.interval * there[k])) * cycle_us;
    const found = { latency_us: mean(latency_us), energy_uj: null, incremental_uj: null };
    if (incremental_uj !== null) {
      found.incremental_uj = mean(incremental_uj);
      const time = by_interval ? interval : found.latency_us;
      if (idle_w !== null) found.energy_uj = idle_w * time + found.incremental_uj;
    }
    return found;
  }

  const percent = (value) => (100 * value).toFixed(2) + "\u00a0%";
  function short(value) {
    if (value === null) return "\u2013";
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function show(row, found) {
    found.rates.forEach((rate, k) => { at(row + "-left-" + k).textContent = percent(rate); });
    at(row + "-accuracy").textContent = percent(found.accuracy);
    for (const key of ["latency_us", "energy_uj", "incremental_uj"]) at(row + "-" + key).textContent = short(found[key]);
  }

  function update() {
    const policy = sliders.map((slider) => last - Number(slider.value));
    const found = outcome(policy);
    policy.forEach((index, k) => {
      const text = String(Number(trial.thresholds[index].toPrecision(6)));
      at("threshold-" + k).textContent = text;
      sliders[k].setAttribute("aria-valuetext", text);
    });
    show("now", found);
    const words = found.rates.map((rate, k) => percent(rate) + " at exit " + k).join(", ");
    at("shares").setAttribute("aria-label", "Of all frames leave " + words);
    found.rates.forEach((rate, k) => { at("shares").children[k].style.width = 100 * rate + "%"; });
    const share = Math.floor(1e4 * (1 - found.rates[early]) + 1e-6) / 1e4;
    at("command").textContent = trial.command + " --exit-rate " + share;
    const guarantee = at("guarantee");
    if (guarantee) {
      const kept = trial.proven > policy[0];
      guarantee.textContent = "The guarantee " + (kept ? "holds" : "does not hold") + " at this threshold.";
    }
    at("copied").textContent = "";
  }

  sliders.forEach((slider) => slider.addEventListener("input", update));
  at("reset").addEventListener("click", () => {
    sliders.forEach((slider, k) => { slider.value = last - trial.chosen[k]; });
    update();
  });
  at("copy").addEventListener("click", async () => {
    const range = document.createRange();
    range.selectNodeContents(at("command"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    try {
      await navigator.clipboard.writeText(at("command").textContent);
      at("copied").textContent = "copied";
    } catch {
      at("copied").textContent = "selected: copy it with the keyboard";
    }
  });
  show("force", outcome(trial.chosen));
  update();
}
