// The look of the report page: system fonts, one size scale, hairlines, light and dark, print.
export const pageStyle = `
:root{--ink:#1c1c1e;--soft:#5b5b60;--line:#d9d9de;--paper:#ffffff;--tint:#f5f6f8;--accent:#08519c}
@media (prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a5a5ad;--line:#3a3a40;--paper:#17171a;--tint:#212126;--accent:#8ab8e6}}
*{box-sizing:border-box}html{scroll-behavior:smooth}@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,nav{max-width:1080px;margin:0 auto;padding:0 16px}h1{font-size:24px;line-height:1.25;margin:32px 0 4px}h2{font-size:18px;margin:48px 0 8px;padding-top:16px;border-top:1px solid var(--line)}
h3{font-size:15px;margin:24px 0 4px}p{max-width:70ch;margin:8px 0}p,li,dd,h1,h3{overflow-wrap:anywhere}.soft,figcaption,small{color:var(--soft);font-size:13px}a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:12px 0}
.claims{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:8px 0 24px}.claims dd{margin:0;max-width:100ch}@media (max-width:640px){.claims{grid-template-columns:1fr;gap:0}.claims dd{margin:0 0 8px}}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:0 32px;padding:0;list-style:none}.card{padding:16px 0;border-top:1px solid var(--line)}
.card h3{margin:0;font-size:13px;color:var(--soft);font-weight:600}.card p{margin:4px 0}.card svg{display:block;margin:8px 0 4px;background:#fff;border-radius:4px}
figure{margin:16px 0 24px}figure>.paper{background:#fff;border-radius:4px;overflow:hidden}figure svg{display:block;width:100%;height:auto}
@media (max-width:640px){figure>.paper{overflow-x:auto}figure>.paper svg{width:760px;max-width:none}}
.table{overflow-x:auto;border-top:1px solid var(--line);border-bottom:1px solid var(--line);max-height:480px;overflow-y:auto}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;width:100%}th,td{text-align:left;padding:4px 10px 4px 0;white-space:nowrap;vertical-align:top}td.long{white-space:normal;min-width:22ch}
th{position:sticky;top:0;background:var(--paper);font-weight:600}tbody tr+tr td{border-top:1px solid var(--line)}
details{margin:8px 0}summary{cursor:pointer;color:var(--accent)}input{font:inherit;padding:4px 8px;border:1px solid var(--line);border-radius:4px;background:var(--paper);color:var(--ink);margin:8px 0;max-width:100%}
.strip td,.strip th{padding:4px 12px 4px 0}.mark{display:inline-block;width:2.6em;font-size:11px;text-align:center;border:1px solid var(--ink);border-radius:3px;margin-right:3px;padding:0 2px}
.absent h3{color:var(--soft);font-size:13px}.absent ul{margin:4px 0;padding-left:20px;color:var(--soft);font-size:13px}
.map canvas{display:block;width:100%;height:min(70vh,560px);background:#fff;border-radius:4px;cursor:crosshair}.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 8px;padding:0;margin:8px 0}
button,select{font:inherit;font-size:13px;padding:3px 8px;border:1px solid var(--line);border-radius:4px;background:var(--paper);color:var(--ink);cursor:pointer}button[aria-pressed=true]{border-color:var(--ink);font-weight:600}
.legend span{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}#cell-map-says{min-height:3em;max-width:none}.paste{max-width:80ch;border-left:2px solid var(--line);padding-left:16px}.paste p{max-width:none}
.mark.none{border-style:dashed;color:var(--soft);border-color:var(--soft)}code{font-size:13px;overflow-wrap:anywhere}
@media print{nav,input,button,.map{display:none}h2,h3{break-after:avoid}figure,.card,.claims>*{break-inside:avoid}body{font-size:11px}.table{max-height:none;overflow:visible}a:not([href^="#"])::after{content:" (" attr(href) ")";font-size:9px}
details:not(:has(table))::details-content{display:block;content-visibility:visible;block-size:auto}details:has(table)>summary::after{content:", in the tables beside this page"}summary{color:inherit;list-style:none}}
`;
