"""Words that decide where a phrase may be cut out of an English sentence, and which of its words tell something."""


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


GLUE = _word_set(
    """
    a about after again all also am an and any are as at be because been before being both but by can could did do does doing
    done down each even ever every for from get gets getting go goes going got had has have having he her here him his how i
    i'd i'll i'm i've if in into is it it'd it'll it's its just let like made make makes may me might more most much must my
    myself no nor of off on once one only or other our out over own per quite rather really same she should so some still
    such than that that's the their them then there there's these they they're this those though through till to too two
    under until up upon us very was we we'd we're we've were what when where which while who whom whose why will with
    would yet you you'd you'll you're you've your am im ive id dont just lot lots thing things something anything way today
    please thanks thank hello hi hey sorry okay ok yes well day days now back first second third three four five six seven
    eight nine ten sure want wanted need needed know think thought say said says see saw tell told take took come came put
    yesterday tomorrow week weeks month months monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december hour hours minute minutes bit
    """
)
REFUSALS = _word_set(
    """
    not no never nothing nobody none without doesn't don't didn't isn't wasn't won't can't cannot couldn't wouldn't hasn't
    haven't aren't weren't nor unable missing late wrong failed fails broken damaged
    """
)
AFTER_NOT = _word_set(
    """
    able acceptable accessible accurate allowed as available been being clear compatible correct easy enough fair fit
    friendly good great happy helpful honest in intuitive on possible reachable reliable responsive right safe sent shown
    so told true up usable useful user valid very well working worth
    """
)
MODALS = _word_set("can could did do does is are was were will would has have had should")
BAD_START = _word_set(
    """
    and but or nor so because than that which who whom whose if as of then though although while until to too also am is are
    was were be been has have had did does do would could should will can may might i'd i'll i've i'm you'd we'd we've they
    it's he she it there there's this these those here what where when why how just even still very really please hi hello
    thanks ok okay i we you your my our their his her its the a an at by for from in on with into about after before
    """
)
BAD_END = _word_set(
    """
    and but or nor so because than that which who whom whose if as of then though although while until to too a an the my your
    our their his her its this these those some any every each no not i i'd i'll i've i'm we you he she they it is are was
    were be been being has have had do does did would could should will can may might must at by for from in into on onto
    with without about after before over under through during very really just even still also only more most much many
    such what where when why how there here am don't didn't doesn't isn't wasn't won't can't cannot couldn't wouldn't
    hasn't haven't hadn't aren't weren't shouldn't never ever again yet me them us him who's it's that's there's let make makes get gets got go goes going one two
    three four five six seven eight nine ten first second since like due anymore else either another
    """
)
SUBJECTS = _word_set("i we he she they i'd i'll i've i'm we'd we'll we've we're they're they've id ive im")
"""Whoever does something, so that what follows is another clause."""
BEFORE_PHRASE = BAD_START - _word_set("to at of")
"""What may stand before a phrase that is whole: none of them needs it to be understood, as "at" does in "at least"."""
AFTER_PHRASE = BAD_START | _word_set("again anymore yet now today yesterday either anyway me us them myself")
"""What may stand behind a phrase that is whole."""
VERDICTS = _word_set(
    """
    good bad great poor fine nice awful terrible horrible happy unhappy glad sad angry annoyed annoying disappointed
    disappointing frustrated frustrating upset convinced satisfied dissatisfied unsatisfied impressed pleased enough fault
    personally acceptable unacceptable ridiculous joke useless rubbish wrong right true honest honestly seriously whatever
    answer reply explain excuse explanation understand believe hope wish mind care matter point problem issue trouble
    complaint complain waste time effort help helpful unhelpful not no never nothing nobody none without nor well somebody
    someone person people anybody anyone ask asked hear listen listened talk worst worse best better love hate sucks suck
    stupid waiting wait doesn't don't didn't isn't wasn't won't can't cannot couldn't wouldn't hasn't haven't aren't
    weren't
    """
)
"""Words that say how pleased somebody is, or that they talk about it, and not with what."""
