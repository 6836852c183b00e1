"use strict";
(function () {
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const behaviours = Array.from(document.querySelectorAll("[data-outcome]"));
  const texts = new Map();

  function textOf(behaviour) {
    if (!texts.has(behaviour)) { texts.set(behaviour, behaviour.textContent.toLowerCase()); }
    return texts.get(behaviour);
  }

  function apply() {
    const chosen = new FormData(form);
    const outcomes = new Set(chosen.getAll("outcome"));
    const text = String(chosen.get("text") || "").trim().toLowerCase();
    let shown = 0;
    for (const each of behaviours) {
      const fits = each.dataset.outcome.split(" ").some((outcome) => outcomes.has(outcome))
        && (!chosen.get("differ") || each.hasAttribute("data-differs"))
        && (!chosen.get("level") || each.dataset.level === chosen.get("level"))
        && (!chosen.get("api") || each.dataset.api === chosen.get("api"))
        && (!text || textOf(each).includes(text));
      each.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of document.querySelectorAll(".api")) {
      section.hidden = !section.querySelector("[data-outcome]:not([hidden])");
    }
    status.textContent = shown + " of " + behaviours.length + " behaviours";
  }

  function reveal() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const around = target && target.closest(".behaviour");
    if (!around) { return; }
    around.closest(".api").hidden = false;
    around.hidden = false;
    for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) { each.open = true; }
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  }

  // On paper nothing can be unfolded.
  const unfolded = [];
  function unfold() {
    for (const each of document.querySelectorAll("details:not([open])")) { each.open = true; unfolded.push(each); }
  }
  function fold() {
    for (const each of unfolded.splice(0)) { each.open = false; }
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copies).textContent;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    document.getElementById("said").textContent = done ? "Copied." : "The browser did not let it be copied.";
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = button.dataset.label; }, 1500);
  }

  for (const part of document.querySelectorAll(".bar span")) {
    part.style.flexGrow = part.dataset.count;
  }
  form.addEventListener("input", apply);
  // The event "reset" comes before the fields have changed, and a timer in a page that nobody sees may come late.
  form.querySelector("[type=reset]").addEventListener("click", (event) => {
    event.preventDefault();
    form.reset();
    apply();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copies]");
    if (button) { copy(button); }
  });
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", unfold);
  window.addEventListener("afterprint", fold);
  apply();
  reveal();
}());
