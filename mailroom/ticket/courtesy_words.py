"""What people say who say thanks and nothing else: phrase tables, English and German.

A phrase a line, in lower case: `one/other` stands for either word, `[maybe]` for a word
that may be missing, `[any/number/of]*` for any of them. Words that tell of trouble when
they stand alone ("again", "problem", "wieder") are only there within a phrase.
"""

THANKS = """
thanks
thank you/u
thx/thanx/tnx/ty/tysm/tyvm/cheers
much appreciated
[i/we] [really/very/much/highly]* appreciate/appreciated
great/perfect/awesome/excellent/wonderful/brilliant/super/fantastic
danke [schön/schoen/sehr/vielmals]
dankeschön/merci/prima/klasse/perfekt/toll/top/wunderbar/großartig/grossartig/spitze
vielen/besten/herzlichen/lieben/schönen/tausend [lieben/herzlichen] dank
"""

OTHER_PHRASES = """
many/much/big/huge thanks
[so/very] much
very
a lot/million/bunch/ton
indeed
[once] again and
once again
thanks again
thank you again
and/to/all/everyone/both
hi/hello/hey/dear
[the] [support] team
support
you [all/guys]
it
the/your [kind/great/quick/good]* help/support/assistance/work
for [all] [the/your/this/that] [very/super]* [quick/fast/prompt/great/kind/good]* help/support
for [all] [the/your/this/that] [very/super]* [quick/fast/prompt/great/kind/good]* reply/response
for [the/your] [very/super]* [quick/fast/prompt/great/kind/good]* answer/assistance/service
for [all] [the/your/this/that] [great/kind/good/hard]* info/information/update/efforts/time/work
for helping/explaining/fixing [me/us/it/this/that] [out] [so] [quickly/fast]
ok/okay/alright/understood/noted/kudos
got it
will do
all good/fine/clear
no worries
so quick/quickly/fast
that/this/it/everything [now] works/worked [now/again/fine/great/perfectly/well]*
works/worked [now/again/fine/great/perfectly/well]*
it/all/everything is [now/all] working/fixed/solved/resolved/fine/good [now/again]*
it's/its [now/all] working/fixed/solved/resolved/fine/good [now/again]*
that/this/you [has/have] fixed/solved/resolved/helped [it/me/us]
that/this [has] fixed/solved the problem/issue
that did it
that's it/great/perfect/good/all/fine/nice
that is it/great/perfect/good/all/fine/nice
very helpful/kind/nice
[the] problem/issue [is] [now] solved/fixed/resolved
all/now solved/fixed/resolved/done
solved/fixed/resolved/done
you are/were the best/star
you are/were [very] great/awesome/kind/helpful
you're/youre [the] [very] best/great/awesome/star/kind
[and] have/wish a [very] nice/great/good/lovely/wonderful day/evening/weekend/week/one/time
wish you a [very] nice/great/good/lovely/wonderful day/evening/weekend/week
good/great/nice/excellent job/work/day/weekend/evening
all the best
best [wishes/regards]
kind/kindest/warm/warmest/many regards
regards/sincerely
yours [sincerely/truly]
hallo/moin/servus
guten tag/morgen/abend
liebe/lieber/liebes
ihnen/dir/euch/auch/und/allen
nochmal/nochmals
noch einmal/mal
alles klar/gut/bestens/super/prima
gut/einverstanden/verstanden/erledigt/bestens
sehr gut/nett/freundlich
[das/es/alles] passt [so/alles/perfekt/super/jetzt]*
[das/es/alles] hat [jetzt/nun/alles/sofort/super/gut]* geklappt/funktioniert/geholfen
[das/es/alles] klappt/funktioniert/läuft/geht [jetzt/nun/es/alles/wieder/einwandfrei/gut/super]*
jetzt/nun klappt/funktioniert/läuft/geht [es/alles/wieder/einwandfrei/gut/super]*
[das] problem/thema [ist/hat] [sich] [jetzt/damit/somit]* gelöst/geloest/behoben/erledigt
gelöst/behoben
für [die/ihre/deine/eure] [sehr/super/schnelle/rasche/prompte/gute/nette]* hilfe/antwort
für [die/ihre/deine/eure] [sehr/super/schnelle/rasche/prompte/gute/nette]* unterstützung
für [die/ihre/deine/eure] [schnelle/rasche/gute/nette]* rückmeldung/info/information/auskunft
für [die/ihre/deine/eure] [gute/tolle]* mühe/arbeit
fürs/für helfen/kümmern
für alles
schönen/guten/angenehmen tag/abend/feierabend/nachmittag [noch]
schönes/angenehmes wochenende
einen/ein schönen/schönes/guten tag/abend/feierabend/wochenende [noch]
[ich] wünsche [ihnen/dir/euch] [noch] [einen/ein]
mit freundlichen/besten/lieben/herzlichen/vielen grüßen/grüssen/gruß/gruss
freundliche/viele/beste/liebe/herzliche/schöne/freundlicher/lieber/schöner grüße/grüsse/gruß/gruss
gruß/gruss/grüße/grüsse/lg/vg/mfg
"""

HAPPY = frozenset("👍🙏👌🙌👏😀😃😄😁😊🙂☺🤗😍🥰🎉💯❤💙💚🧡💛🌻✅")
UNHAPPY = "👎😡😠😤😞😟😢😭🙁☹😕🤬💩❌😒🙄"

# What may stand at the end in capitals and is nobody's name.
NO_NAMES = frozenset(
    "help hilfe problem probleme issue error fehler broken wrong later still again wieder"
    " no nope never not nein nicht nie kaputt leider please bitte but aber sorry urgent"
    " dringend refund storno cancel stop why when what how where who warum wann wie wo was"
    " noch immer weiterhin trotzdem falsch jetzt morgen heute tomorrow today soon now"
    " waiting offen open same failed fails down dead missing fehlt nothing nichts".split()
)
