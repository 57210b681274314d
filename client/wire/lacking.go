package wire

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A 403 in words of a missing right shows a key that is alive only where nothing else is said of the key: "this token has been withdrawn and
// does not have the required scope" names a right, too. Ways to say that a key is dead cannot be listed; so what is said of it has to be
// understood, word by word, and what is not tells nothing.

var (
	// aboutKeys are what may be dead: where one of them is spoken of, each word counts.
	aboutKeys = wordSet(`key keys apikey token tokens secret secrets credential credentials session sessions password login logins account accounts pat jwt it`)

	// aboutRights are the words that say nothing of a key but which rights it has.
	aboutRights = wordSet(`a an the this that these those your its their his is are was were be been being has have had having do does did can could may must should will would
to for of on in at by with from as if when which who whose you we our my i please than other others only also all any some each every one two least more most such same own current currently
api personal access bearer service user users client app apps application organization organisation org team project workspace tenant resource resources endpoint endpoints action operation
request requests call method route path url page admin administrator owner member member's level type auth oauth
permission permissions privilege privileges scope scopes role roles right rights grant grants capability policy list
need needs require requires lack lacks missing miss grant grants allow allows permit permits include includes contain contains carry hold possess give gives perform make use read write view get create update
delete edit manage change modify invoke execute run manages lists reads writes nothing public private reach see send publish deploy trigger
sufficient insufficient enough appropriate necessary additional specific following higher full forbidden ip address addresses referrer referer origin host cidr allowlist whitelist allow-list outside source http`)

	// livingParticiples are the participles that say nothing of whether a key lives.
	livingParticiples = wordSet(`required needed allowed permitted granted denied authorized authorised assigned requested provided supplied presented used called named based scoped attempted related associated
protected given restricted limited listed defined included accessed performed made issued allowlisted whitelisted`)

	// noParticiples are further words like participles that may stand where no key is spoken of, as in "permission to share embedded need".
	noParticiples = wordSet(`need embed feed seed speed exceed proceed shared nested advanced detailed managed hosted failed embedded privileged unprivileged indeed red configured created`)

	// aboutEnds are the words of an end that are no participles: where no key is spoken of, one is meant all the same.
	aboutEnds = wordSet(`inactive withdrawn stolen frozen gone lost dead void stale wrong bad old obsolete outdated dormant off unusable defunct null empty anonymous anonymously guest longer sign signin sign-in log logon log-in login
unauthenticated broken shut unverified untrusted incorrect mistaken former previous paused cancelled canceled`)

	// notRight are the words that may follow a "not": what is not is a right, then.
	notRight = wordSet(`have allowed permitted authorized authorised granted sufficient enough include included possess grant allow allows permit permits accessible able contain carry hold meet satisfy cover support be been
privileged available perform access read write view get create update delete edit manage change modify invoke execute run`)
	noRight = wordSet(`permission permissions privilege privileges scope scopes role roles right rights access such write read admin`)

	clauses = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[.:;,!?](?:\s|$)|[()\n]|\s[-–—]+\s|\b(?:and|but|or|because|since|while|so)\b`)
	})
	nots = strings.NewReplacer("n't ", " not ", "n’t ", " not ", "cannot", "can not", "(s)", "", "log in", "login", "log on", "login", "sign in", "signin", "logged in", "login", "no longer", "longer")
)

// wordSet is made when it is first asked for: few starts of the program ever hear a refusal.
func wordSet(text string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for word := range strings.FieldsSeq(text) {
			set[word] = true
		}
		return set
	})
}

// SaysNoMore reports whether a refusal says nothing of the key but what rights it has.
func SaysNoMore(message, code string) bool {
	for _, text := range []string{message, code} {
		text = strings.ToLower(strings.TrimSpace(text))
		if !strings.Contains(text, " ") { // a code
			text = strings.NewReplacer("_", " ", ".", " ", "-", " ").Replace(text)
		}
		told := false
		for _, clause := range clauses().Split(nots.Replace(text+" "), -1) {
			if !understood(clause, told) {
				return false
			}
			told = told || RightWords().MatchString(clause)
		}
	}
	return true
}

// understood reports whether a clause says nothing of a key, or nothing that is not known to be about its rights. After one that told of a
// right, a word by itself is the name of that.
func understood(clause string, told bool) bool {
	words := strings.FieldsFunc(clause, unicode.IsSpace)
	for i := range words {
		words[i] = strings.Trim(words[i], "\"'`“”‘’.,:;!?")
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" || named(word) })
	strict := slices.ContainsFunc(words, func(word string) bool { return aboutKeys()[word] })
	object := false // what a right is for may be anything
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case aboutEnds()[word], word == "never", word == "not" && !notRight()[next], word == "no" && next != "" && !noRight()[next],
			strict && (word == "denied" || word == "forbidden") && !RightWords().MatchString(clause):
			return false
		case word == "not", word == "no", aboutKeys()[word], aboutRights()[word], livingParticiples()[word]:
		case i > 0 && RightWords().MatchString(words[i-1]) && !participle(word): // the name of a right
		case strict && object && !participle(word) && !slices.ContainsFunc(words[i:], func(word string) bool { return aboutKeys()[word] }):
		case strict, participle(word) && !noParticiples()[word], !told && len(words) == 1 && !RightWords().MatchString(word) && !lone()[word]:
			return false
		}
		object = object || i > 0 && (word == "to" || word == "for" || word == "on") && RightWords().MatchString(strings.Join(words[:i], " "))
	}
	return true
}

// lone are the words that may stand by themselves before a right is told of.
var lone = wordSet(`error forbidden sorry`)

// named reports whether a word is the name of something: it has what words of a language do not have. A code that speaks of keys is none.
func named(word string) bool {
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if aboutKeys()[part] || aboutEnds()[part] || participle(part) && !livingParticiples()[part] {
			return false
		}
	}
	return strings.ContainsFunc(word, func(r rune) bool { return r > ' ' && r < 0x7f && !unicode.IsLetter(r) && r != '-' && r != '\'' })
}

// participle reports whether a word may say what was done to something.
func participle(word string) bool {
	return len(word) > 3 && strings.HasSuffix(word, "ed")
}
