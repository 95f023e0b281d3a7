#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow report: one page with all sections, for two runs the same bytes on 1 and 3 ranks; it loads nothing; names cannot become
# markup; in Chromium, if it is installed, the console stays empty, the sliders move and curves zoom.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 96,6,6 bytes
"$make_data" write data.h5 /valid u8 48,6,6 bytes
"$make_data" write data.h5 /labels i16 48 labels
cat >first.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, valid_labels: /labels}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: tanh}]}
train: {epochs: 3, batch: 24, microbatch: 4, rate: 1.0e-2}
log: {every: 2}
eval: {every: 4}
samples: {every: 4, count: 6}
Y
# A run that collapses, in a directory whose name would be markup.
strange='a<b>&"c"'
sed 's/^train:/objective: {beta: 1.0e+4}\ntrain:/; s/epochs: 3,/epochs: 25,/' first.yaml >strange.yaml
run 0 1 first "$elbow" train first.yaml --run-dir first
run 0 1 strange "$elbow" train strange.yaml --run-dir "$strange"

run 0 1 one "$elbow" report first -o one.1.html
# A run that writes the report itself: at a requested stop, and at its end the same page, on another number of ranks.
run 75 1 stopped "$elbow" train first.yaml --run-dir own/first --set run.report=true --set run.stop_after=4
grep -q '<td>4</td>' own/first/report.html || fail "a run that stopped after step 4: $(tail -n 3 stopped.err)"
run 0 3 ends "$elbow" train first.yaml --run-dir own/first --resume --set run.report=true
[ ! -e first/report.html ] || fail "first/report.html: a run without run.report has a report"
run 0 1 same "$elbow" report own/first -o same.html
same_file "run.report" own/first/report.html same.html
# After a time limit there is no time for the report; after a signal there is, if the end of the job is known to be far away.
run 75 1 limited "$elbow" train first.yaml --run-dir own/limited --set run.report=true --set train.epochs=1000000 --set run.time_limit=3
grep -q '^report: not written, .*elbow report own/limited -o own/limited/report.html --force makes it' limited.out || fail "a time limit: $(cat limited.out)"
[ ! -e own/limited/report.html ] || fail "a report behind a time limit"
run 0 1 later "$elbow" report own/limited -o own/limited/report.html --force
for ahead in 4000 100; do
    SLURM_JOB_END_TIME=$(($(date +%s) + ahead)) "$elbow" train first.yaml --run-dir own/asked.$ahead --set run.report=true --set train.epochs=1000000 \
        >asked.out 2>asked.err &
    asked=$!
    for ((i = 0; i < 600; ++i)); do
        [ "$(cat own/asked.$ahead/metrics.csv 2>/dev/null | wc -l)" -gt 3 ] && break
        sleep 0.1
    done
    kill -USR1 $asked
    wait $asked
    if [ $ahead = 4000 ]; then
        grep -q '^report: own/asked.4000/report.html' asked.out || fail "no report, and 4000 s are left: $(cat asked.out asked.err)"
    else
        grep -q '^report: not written' asked.out || fail "100 s are left: $(cat asked.out asked.err)"
    fi
done
# An object in the report's place causes a warning.
cp -r own/first own/blocked
rm own/blocked/report.html
mkdir own/blocked/report.html
cp -r own/first own/taken
echo '<p>mine</p>' >own/taken/report.html
run 0 1 blocked "$elbow" train first.yaml --run-dir own/blocked --resume --set run.report=true --set train.epochs=4
run 0 1 taken "$elbow" train first.yaml --run-dir own/taken --resume --set run.report=true --set train.epochs=4
grep -q 'warning: the report could not be made: own/taken/report.html: is not the report of a run' taken.err || fail "a page of somebody else's: $(cat taken.err)"
[ "$(cat own/taken/report.html)" = '<p>mine</p>' ] || fail "run.report replaced a page of somebody else's"
grep -q 'warning: the report could not be made: own/blocked/report.html' blocked.err || fail "a report that cannot be made: $(cat blocked.err)"
for ranks in 1 3; do run 0 $ranks two.$ranks "$elbow" report first "$strange" -o two.$ranks.html; done
same_file "elbow report first and another" two.1.html two.3.html

for page in one.1.html two.1.html; do
    for id in figures warnings curves samples rates dimensions prior reconstructions map traversals measures configuration receipt; do
        grep -q "^<section id=\"$id\">" $page || fail "$page has no section $id"
        grep -q "^<a href=\"#$id\">" $page || fail "$page has no link to $id"
    done
    for curve in objective elbo recon kl rate gap; do grep -q "id=\"chart-$curve\"" $page || fail "$page has no curve of $curve"; done
    grep -oE '<img [^>]*>' $page | grep -vE ' alt="[^"]+"' | cut -c 1-60 >bare.txt
    [ ! -s bare.txt ] || fail "$page has an image without words: $(cat bare.txt)"
    grep -oE "(src|href)=[\"'][^\"']{1,20}" $page | grep -vE "=[\"'](#|data:)" >outside.txt
    [ ! -s outside.txt ] || fail "$page loads from elsewhere: $(cat outside.txt)"
    ! grep -qE 'https?://|url\([^#]|@import' $page || fail "$page names a place elsewhere"
    [ "$(grep -oE '(^| )id="[^"]+"' $page | sort | uniq -d | wc -l)" = 0 ] || fail "$page has an id twice"
    [ "$(wc -c <$page)" -lt 5000000 ] || fail "$page has $(wc -c <$page) bytes"
done
grep -q '<strong>a&lt;b&gt;&amp;&quot;c&quot;</strong>: posterior collapse' two.1.html || fail "two.1.html does not tell of the collapse"
! grep -q 'posterior collapse' one.1.html || fail "one.1.html reports a collapse that did not happen"
! grep -q 'a<b>' two.1.html || fail "two.1.html has a name as markup"
grep -q '<mark>  beta: 1.0e+04</mark>' two.1.html || fail "two.1.html does not mark different settings"
for figure in 'elbo<small>nats per sample</small> </th><td>-[0-9.]* &plusmn; [0-9.e-]*</td><td class="words">recon - kl' \
    'knn_accuracy</th><td>[0-9.]* &plusmn; [0-9.e-]*</td><td>[0-9.]* &plusmn;' 'coverage</th>'; do
    tr '\n' ' ' <one.1.html | grep -q "<th scope=\"row\">$figure" || fail "one.1.html does not tell $figure"
done
grep -q '<h3>By label: first</h3>' one.1.html || fail "one.1.html has no figures by label"
grep -q '^<pre class="receipt" tabindex="0">run: elbow' one.1.html || fail "one.1.html has no receipt"
[ "$(grep -c 'class="frame"' one.1.html)" = "$(find first/samples -name 'step-*.png' | wc -l)" ] || fail "one.1.html lacks pictures over training"

# Rows that are not images are drawn as lines.
"$make_data" write flat.h5 /train f32 58,9 normal
sed 's|^data:.*|data: {file: flat.h5, train: /train}|' first.yaml >flat.yaml
run 0 1 flat "$elbow" train flat.yaml --run-dir flat
for ranks in 1 3; do run 0 $ranks flat.$ranks "$elbow" report flat -o flat.$ranks.html; done
same_file "a report of rows that are no images" flat.1.html flat.3.html
[ "$(grep -c 'alt="Row [1-6] and its reconstruction as lines, flat"' flat.1.html)" = 6 ] || fail "flat.1.html does not show its rows"
[ "$(grep -c 'Nothing to draw: the rows are not images' flat.1.html)" = 2 ] || fail "flat.1.html does not report rows that cannot be drawn"

# A checkpoint by itself has neither tables nor pictures.
run 0 1 alone "$elbow" report first/checkpoints/step-00000012.h5 -o alone.html
grep -q 'has no receipt' alone.html || fail "a checkpoint by itself: $(head -c 300 alone.out)"

# refused STATUS SENTENCE word...
refused() {
    local status=$1 sentence=$2
    shift 2
    run "$status" 1 refused "$elbow" report "$@"
    grep -qF "$sentence" refused.err || fail "elbow report $*: $(cat refused.err)"
}
refused 2 'the name must end in .html' first -o x.png
refused 2 'found 9 runs, expected 1 to 8' first first first first first first first first first -o x.html
refused 1 'one.1.html' first -o one.1.html
refused 1 'nowhere' first nowhere -o x.html
[ ! -e x.html ] || fail "a refused report left x.html"
run 0 1 replaced "$elbow" report first -o one.1.html --force

browser=$(command -v chromium || command -v chromium-browser) || { echo "not looked at in a browser: there is no chromium"; finish; }
# A page that operates itself: first steps, zoom by key, values by key.
sed 's|^</body>$||; s|^</html>$||' two.1.html >used.html
cat >>used.html <<'H'
<script>
var told = [];
document.querySelectorAll('.steps').forEach(function (node) {
  var slider = node.querySelector('input'), frames = node.querySelectorAll('.frame');
  slider.value = 0;
  slider.dispatchEvent(new Event('input'));
  told.push(node.querySelector('output').textContent + (frames[0].hidden ? 'hidden' : 'shown') + (frames[1].hidden ? 'hidden' : 'shown'));
});
var chart = document.getElementById('chart-elbo'), before = chart.innerHTML;
function press(key) { chart.dispatchEvent(new KeyboardEvent('keydown', { key: key })); }
press('ArrowRight');
told.push(chart.querySelector('.tip').textContent.split('\n')[0]);
press('+');
told.push(chart.innerHTML.indexOf('<svg') >= 0 && chart.innerHTML !== before ? 'zoomed' : 'same');
told.push(document.querySelectorAll('.chart path').length);
told.push(document.documentElement.scrollWidth <= window.innerWidth ? 'fits' : 'wider than the window');
document.title = 'TOLD ' + told.join(' ');
</script>
</body>
</html>
H
timeout -k 5 "$limit" "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --enable-logging=stderr --window-size=400,900 \
    --dump-dom "file://$work/used.html" >dom.html 2>browser.err || { echo "not looked at in a browser: chromium does not start here"; finish; }
! grep -a CONSOLE browser.err || fail "the page has a word on the console"
told=$(grep -oE '<title>TOLD [^<]*' dom.html)
case $told in
    '<title>TOLD 4shownhidden 4shownhidden step 2 zoomed '*' fits') ;;
    *) fail "in the browser: $told" ;;
esac
finish
