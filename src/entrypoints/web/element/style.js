// @ts-check
/** How the picker looks: the colours of `tillbridge.css`, unless the brand or the page has others. */

const STYLE = `
:host { display: block; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.picker {
  --card: var(--tillbridge-card, #fff); --ink: var(--tillbridge-ink, #1b1f24);
  --soft: var(--tillbridge-soft, #57606a); --line: var(--tillbridge-line, #d0d7de);
  --ground: var(--tillbridge-ground, #f4f5f7);
  --accent: var(--tillbridge-accent, var(--light-accent, #0b5cad));
  --warn: #fff4ce; --on-warn: #4d3800;
  --round: var(--tillbridge-radius, var(--radius, 10px));
  color: var(--ink);
  font: 1rem/1.5 var(--tillbridge-font, var(--font, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif));
}
@supports (color: light-dark(#000, #fff)) {
  .picker {
    --card: var(--tillbridge-card, light-dark(#fff, #161b22)); --ink: var(--tillbridge-ink, light-dark(#1b1f24, #e6edf3));
    --soft: var(--tillbridge-soft, light-dark(#57606a, #9da7b1)); --line: var(--tillbridge-line, light-dark(#d0d7de, #3d444d));
    --ground: var(--tillbridge-ground, light-dark(#f4f5f7, #0d1117));
    --accent: var(--tillbridge-accent, light-dark(var(--light-accent, #0b5cad), var(--dark-accent, #6cb6ff)));
    --warn: light-dark(#fff4ce, #4d3800); --on-warn: light-dark(#4d3800, #fff4ce);
  }
}
.picker.light { color-scheme: light; }
.picker.dark { color-scheme: dark; }
.picker.system { color-scheme: light dark; }
h1, h2, h3, h4, h5, h6 { margin: 0; line-height: 1.25; overflow-wrap: anywhere; }
.heading { font-size: 1.25rem; }
.group-heading { font-size: .875rem; color: var(--soft); margin: 1.25rem 0 .5rem; }
p { margin: .5rem 0; }
.merchant, .lead, .status { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
ul { list-style: none; margin: .75rem 0 0; padding: 0; display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
button, input { font: inherit; color: inherit; }
.tile { display: flex; align-items: center; gap: .9rem; width: 100%; height: 100%; min-height: 4.5rem; padding: .7rem .9rem; text-align: start;
  background: var(--card); border: 1px solid var(--line); border-radius: var(--round); }
button { cursor: pointer; touch-action: manipulation; }
button.tile:hover { border-color: var(--accent); }
.muted { border-style: dashed; color: var(--soft); }
.logo { position: relative; flex: none; display: grid; place-items: center; width: 48px; height: 48px; overflow: hidden;
  border-radius: 8px; background: #fff; color: #1b1f24; font-weight: 700; border: 1px solid var(--line); }
.logo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: #fff; }
.words { flex: 1; min-width: min(8rem, 50%); overflow-wrap: anywhere; }
.name { font-weight: 600; }
.note { display: block; font-size: .875rem; color: var(--soft); }
.arrow { color: var(--accent); }
.arrow::before { content: "→"; content: "→" / ""; }
[dir="rtl"] .arrow::before { content: "←"; content: "←" / ""; }
.tile:has(.art) { flex-wrap: wrap; }
.art { flex: 0 1 11rem; min-width: 9.5rem; margin-inline-start: auto; display: grid; }
.art img { grid-area: 1 / 1; height: auto; width: 100%; max-height: 36px; object-fit: contain; }
.art img + img, button:hover .art img:not(:last-child) { visibility: hidden; }
button:hover .art img + img { visibility: visible; }
.search label { display: block; font-size: .875rem; color: var(--soft); }
.search input { width: 100%; min-height: 44px; padding: 0 .75rem; background: var(--card); border: 1px solid var(--soft); border-radius: var(--round); }
.hint, .problem { padding: .6rem .8rem; margin: .75rem 0; border-inline-start: 4px solid var(--accent); background: var(--ground); }
.problem { border-color: var(--on-warn); background: var(--warn); color: var(--on-warn); }
.small { min-height: 44px; padding: .4rem 1rem; background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: var(--round); }
button[aria-disabled="true"], button:disabled { opacity: .55; cursor: default; }
button[aria-busy="true"] { cursor: progress; }
.picker:focus { outline: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skeleton { background: var(--ground); border-color: transparent; }
@media (prefers-reduced-motion: no-preference) { .skeleton { animation: wait 1.2s ease-in-out infinite alternate; } }
@keyframes wait { to { opacity: .5; } }
@media (forced-colors: active) { .tile, .small { border: 1px solid ButtonText; } }
`;

export const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);
