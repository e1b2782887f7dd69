// Two comforts, and nothing that the page needs: the choice of a person acts at once, and the parts of an
// open page that are marked `data-live` follow the hub. Forms in which somebody types are never replaced.
"use strict";

const EVERY = 2500;

for (const form of document.querySelectorAll(".acting")) {
  form.classList.add("quick");
  form.querySelector("select").addEventListener("change", () => form.requestSubmit());
}

function isBusy(part) {
  const selection = document.getSelection();
  const isSelecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return isSelecting || part.contains(document.activeElement);
}

// A fold is the same fold if it has the same heading in the same comment.
function folds(part) {
  return [...part.querySelectorAll("details")].map((fold) => {
    const home = fold.closest("[id]");
    return [`${home ? home.id : ""} ${fold.querySelector("summary")?.textContent}`, fold];
  });
}

function follow(fresh) {
  for (const part of document.querySelectorAll("[data-live][id]")) {
    const next = fresh.getElementById(part.id);
    if (!next || isBusy(part) || part.dataset.seen === next.innerHTML) continue;
    if (part.dataset.seen === undefined && part.innerHTML === next.innerHTML) continue;
    const said = next.innerHTML;
    const known = new Map(folds(part).map(([name, fold]) => [name, fold.open]));
    for (const [name, fold] of folds(next)) fold.open = known.get(name) ?? fold.open;
    part.replaceChildren(...next.childNodes);
    part.dataset.seen = said;
  }
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) follow(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The hub is away or restarts; the next look tells.
  }
}

async function keepLooking() {
  await look();
  setTimeout(keepLooking, EVERY);
}

if (document.querySelector("[data-live]")) setTimeout(keepLooking, EVERY);
