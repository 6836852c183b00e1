async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(5000) });
    // A style would be held against the policy of this page, although it is not applied.
    const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/, "");
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      // What somebody is about to copy by hand stays as it is.
      const isSelected = !getSelection().isCollapsed && getSelection().containsNode(old, true);
      if (fresh && fresh.textContent !== old.textContent && !isSelected) old.replaceWith(fresh);
    }
  } catch { /* the server is away; the next turn may find it again */ }
}
setInterval(renew, 3000);
