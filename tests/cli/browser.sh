# Looking at a page in headless Chromium, for tests that source it after common.sh. Without one the test is skipped by `exit 77`
# of need_browser, which therefore comes last.
# shellcheck shell=bash
need_browser() {
  browser=
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" > /dev/null && browser=$name && break
  done
  if [ -z "$browser" ]; then
    echo "skipped: no Chromium to look at the page with (apt-get install chromium)"
    exit 77
  fi
}
# chromium WORDS...: with a profile of its own in the test's folder
chromium_with() {
  "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$PWD/profile" "$@" 2> err.txt ||
    fail "$browser: $(tail -3 err.txt)"
}
# found_in FRAME: what the script of a page says of it, in the attribute data-found
found_in() {
  chromium_with --window-size=1400,1000 --virtual-time-budget=5000 --dump-dom "$1" > dom.txt
  grep -o 'data-found="[^"]*"' dom.txt | head -1 || echo 'nothing measured'
}
# fits "WIDTH ..." PAGE...: at these widths nothing of a page is wider than that, unless it scrolls by itself; no letters are tiny,
# no id is there twice, no link leads nowhere. A page has no script; a copy measures itself. One start of the browser for all.
fits() {
  local widths=$1 page width n=0 found
  shift
  # A window has a least width; a frame has none.
  cat > frame.html << 'HTML'
<script>
const found = [];
onmessage = e => { found.push(e.data); document.documentElement.setAttribute('data-found', found.join(' | ')); };
</script>
HTML
  for page; do
    n=$((n + 1))
    cat "$page" - > "measured-$n.html" << 'HTML'
<script>
document.querySelectorAll('details').forEach(d => d.open = true);
const wide = [];
if (document.documentElement.scrollWidth > window.innerWidth) wide.push('page');
document.querySelectorAll('main *').forEach(e => {
  if (e.closest('.scroll, pre') || e.closest('thead')) return;
  const box = e.getBoundingClientRect();
  const room = (e.closest('td, th, main') || document.body).getBoundingClientRect();
  if (box.right > window.innerWidth + 1 || box.right > room.right + 1)
    wide.push(e.tagName + ' ' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 40));
});
const small = [...document.querySelectorAll('main *')].filter(e => parseFloat(getComputedStyle(e).fontSize) < 11 && !e.closest('svg'));
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
const lost = [...document.querySelectorAll('a[href^="#"], svg use')].filter(e => !document.getElementById(e.getAttribute('href').slice(1)));
window.parent.postMessage(['page', location.hash.slice(1), 'width', window.innerWidth, 'wide', wide.length, 'small', small.length,
  'twins', ids.length - new Set(ids).size, 'lost', lost.length, wide.slice(0, 5).join('; ')].join(' '), '*');
</script>
HTML
    for width in $widths; do
      printf '<iframe src="measured-%d.html#%d" width="%d" height="900" style="border: 0"></iframe>\n' "$n" "$n" "$width" >> frame.html
    done
  done
  found=$(found_in "file://$PWD/frame.html")
  for page; do
    for width in $widths; do
      [[ $found == *"page $((n - $# + 1)) width $width wide 0 small 0 twins 0 lost 0"* ]] || fail "$page at $width: $found"
    done
    shift
  done
}
