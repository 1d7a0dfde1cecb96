// Keeps the live page true: by server-sent events, or where none come by asking every few seconds. What an
// element shows stands in its attributes, see app/src/pages/admin/now.rs.
const CALL = '/api/admin/now';
const ASK_MS = 5000;
const FOLLOW_AGAIN_MS = 30000;
const RENEW_MS = 2000;

const root = document.getElementById('now');
let asking, renewing;

const at = (now, path) => path.split('.').reduce((part, name) => part?.[name], now);
const tenths = (value) => (Math.floor(value) / 10).toFixed(1);
const formats = {
  clock: (ms) => new Date(ms + root.dataset.utcOffsetMin * 60000).toISOString().slice(11, 19),
  seconds: (ms) => (ms == null ? '–' : tenths(ms / 100)),
  tenths,
};

function say(state) {
  for (const words of root.querySelectorAll('[data-state]')) words.hidden = words.dataset.state !== state;
}

function draw(now) {
  if (now.shape !== root.dataset.shape) return renew();
  const each = (name, set) => {
    for (const element of root.querySelectorAll(`[data-${name}]`)) {
      set(element, at(now, element.getAttribute(`data-${name}`)));
    }
  };
  each('now', (element, value) => {
    element.textContent = formats[element.dataset.as]?.(value) ?? value ?? '';
  });
  each('now-if', (element, value) => { element.hidden = !value; });
  each('now-unless', (element, value) => { element.hidden = !!value; });
  const offered = Math.max(1, now.counts?.steps.offered.total ?? 1);
  each('now-share', (bar, count) => {
    bar.setAttribute('width', Math.min(100, (100 * count.total) / offered));
  });
  each('now-bar', (bar, item) => {
    const part = bar.getAttribute('class').slice('now__'.length);
    const before = { sold: 0, locked: item.sold, sellable: item.sold + item.locked }[part];
    bar.setAttribute('x', (100 * before) / Math.max(1, item.total));
    bar.setAttribute('width', (100 * item[part]) / Math.max(1, item.total));
  });
}

// Something came or went: the page is rendered anew, and put in place of this one.
async function renew() {
  if (renewing) return;
  renewing = setTimeout(() => { renewing = undefined; }, RENEW_MS);
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok || answer.redirected) return say('stale');
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('now');
  if (!fresh) return say('stale');
  // Parsed without scripts: in this document its content would load the page again and again.
  fresh.querySelector('noscript')?.remove();
  root.replaceChildren(...fresh.childNodes);
  root.dataset.shape = fresh.dataset.shape;
}

async function ask() {
  try {
    const answer = await fetch(CALL);
    if (answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    draw(await answer.json());
    say('asking');
  } catch {
    say('stale');
  }
}

function follow() {
  const events = new EventSource(`${CALL}/events`);
  events.onmessage = (message) => {
    clearInterval(asking);
    asking = undefined;
    draw(JSON.parse(message.data));
    say('following');
  };
  events.onerror = () => {
    asking ??= setInterval(ask, ASK_MS);
    // Refused, or of another kind: a browser does not try again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, FOLLOW_AGAIN_MS);
  };
}

follow();
