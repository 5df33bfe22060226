// Keeps the page itself, so that it opens without its server. The parts of the model are kept by the page (store.js).
// `pack.json` names every file with its hash: an update fetches only files whose hash is new.

const LIST = "pack.json";
const { pathname } = new URL(self.registration.scope);
const PLAIN_CACHE = "mbegu"; // once of all packs, now of one that lies in no folder
const CACHE = pathname === "/" ? PLAIN_CACHE : `${PLAIN_CACHE} ${pathname}`;
const LIST_ADDRESS = `${new URL(LIST, self.registration.scope)}`;
const BY_HASH = `${new URL("by-hash/", self.registration.scope)}`;

const byHash = (file) => `${BY_HASH}${file.sha256}`;

async function fetchList() {
  const response = await fetch(LIST, { cache: "no-store" });
  if (!response.ok) throw new Error(`${LIST}: ${response.status}`);
  return response;
}

async function update() {
  const cache = await caches.open(CACHE);
  const response = await fetchList();
  const { files } = await response.clone().json();
  const shell = files.filter((file) => file.kept === "page");
  for (const file of shell) {
    if (await cache.match(byHash(file))) continue;
    const body = (await caches.match(byHash(file))) ?? (await fetch(file.name, { cache: "no-store" }));
    if (!body.ok) throw new Error(`${file.name}: ${body.status}`);
    await cache.put(byHash(file), body);
  }
  await cache.put(LIST_ADDRESS, response);
  await tidy(CACHE, new Set([...shell.map(byHash), LIST_ADDRESS]));
  if (CACHE !== PLAIN_CACHE) await tidy(PLAIN_CACHE, new Set());
}

// Removes what is of this pack and not wanted; other packs may keep theirs in the same cache.
async function tidy(name, wanted) {
  const cache = await caches.open(name);
  const isOurs = (url) => url.startsWith(BY_HASH) || url === LIST_ADDRESS;
  for (const request of await cache.keys()) if (isOurs(request.url) && !wanted.has(request.url)) await cache.delete(request);
}

async function answer(request) {
  const scope = new URL(self.registration.scope);
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return fetch(request);
  const name = decodeURIComponent(url.pathname.slice(scope.pathname.length)) || "index.html";
  const cache = await caches.open(CACHE);
  const list = await (await cache.match(LIST_ADDRESS))?.json();
  const file = list?.files.find((each) => each.name === name && each.kept === "page");
  return (file && (await cache.match(byHash(file)))) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(update().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
