// A client of CDS Hooks, as small as it can be: discovery, prefetch, the call, the cards, the feedback.
const asked = new URLSearchParams(location.search);
const service = asked.get("service"), patient = asked.get("patient"), hook = asked.get("hook") || "patient-view";

async function prefetched(templates) {
  const filled = Object.entries(templates).map(async ([key, template]) => {
    const query = template.replaceAll("{{context.patientId}}", patient);
    const answer = await fetch(`fhir/${query}`);
    return [key, answer.ok ? await answer.json() : null];
  });
  return Object.fromEntries(await Promise.all(filled));
}

async function shown(card, id) {
  const place = document.createElement("section");
  place.className = `card ${card.indicator}`;
  const title = document.createElement("h2");
  title.textContent = card.summary;
  const detail = document.createElement("div");
  detail.className = "detail";
  detail.innerHTML = await (await fetch("markdown", { method: "POST", body: card.detail })).text();
  const source = document.createElement("footer");
  source.textContent = `${card.source.label}: ${card.source.topic.display}`;
  const reason = document.createElement("select");
  reason.setAttribute("aria-label", "Reason");
  for (const each of card.overrideReasons) reason.add(new Option(each.display, each.code));
  const dismiss = document.createElement("button");
  dismiss.textContent = "Dismiss";
  dismiss.onclick = async () => {
    const chosen = card.overrideReasons.find((each) => each.code === reason.value);
    const item = {
      card: card.uuid, outcome: "overridden", outcomeTimestamp: asked.get("now"), overrideReason: { reason: chosen },
    };
    const answer = await fetch(`${service}/cds-services/${id}/feedback`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ feedback: [item] }),
    });
    if (answer.ok) place.remove();
    document.getElementById("state").textContent = answer.ok ? "dismissed" : `refused (${answer.status})`;
  };
  place.append(title, detail, source, reason, dismiss);
  return place;
}

async function opened() {
  document.getElementById("who").textContent = patient;
  const { services } = await (await fetch(`${service}/cds-services`)).json();
  const mine = services.find((each) => each.hook === hook);
  const context = { userId: "Practitioner/1", patientId: patient };
  if (hook === "order-sign") context.draftOrders = await (await fetch("draft")).json();
  const answer = await fetch(`${service}/cds-services/${mine.id}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ hook, hookInstance: crypto.randomUUID(), context, prefetch: await prefetched(mine.prefetch) }),
  });
  const { cards } = await answer.json();
  for (const card of cards) document.getElementById("cards").append(await shown(card, mine.id));
  document.getElementById("state").textContent = `${cards.length} cards`;
}

opened();
