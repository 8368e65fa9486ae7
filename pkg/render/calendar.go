package render

import (
	"strings"

	"rapport/pkg/liquid"
)

// Calendars are after CLDR 48, the Gregorian calendar: names as they stand in a date ("format"), months alone where those
// differ ("stand-alone"), and the four patterns for dates. English keeps the short names that Liquid has.
var calendars = map[string]*liquid.Calendar{
	"en-GB": {Formats: patterns("%d/%m/%Y", "%-d %b %Y", "%-d %B %Y", "%A, %-d %B %Y")},
	"en-US": {Formats: patterns("%-m/%-d/%y", "%b %-d, %Y", "%B %-d, %Y", "%A, %B %-d, %Y")},
	"de-DE": german("Januar"), "de-AT": german("Jänner"), "de-CH": german("Januar"),
	"fr-FR": french("%d/%m/%Y", "%A %-d %B %Y"), "fr-CH": french("%d.%m.%y", "%A, %-d %B %Y"),
	"es-ES": {
		Months:   names("enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"),
		Weekdays: names("domingo|lunes|martes|miércoles|jueves|viernes|sábado"), ShortDays: names("dom|lun|mar|mié|jue|vie|sáb"),
		ShortMonths: names("ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic"),
		Formats:     patterns("%-d/%-m/%y", "%-d %b %Y", "%-d de %B de %Y", "%A, %-d de %B de %Y"),
	},
	"it-IT": {
		Months:   names("gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"),
		Weekdays: names("domenica|lunedì|martedì|mercoledì|giovedì|venerdì|sabato"), ShortDays: names("dom|lun|mar|mer|gio|ven|sab"),
		ShortMonths: names("gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic"),
		Formats:     patterns("%d/%m/%y", "%-d %b %Y", "%-d %B %Y", "%A %-d %B %Y"),
	},
	"nl-NL": {
		Months:   names("januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"),
		Weekdays: names("zondag|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag"), ShortDays: names("zo|ma|di|wo|do|vr|za"),
		ShortMonths: names("jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec"),
		Formats:     patterns("%d-%m-%Y", "%-d %b %Y", "%-d %B %Y", "%A %-d %B %Y"),
	},
	"pl-PL": {
		Months:      names("stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"),
		MonthsAlone: names("styczeń|luty|marzec|kwiecień|maj|czerwiec|lipiec|sierpień|wrzesień|październik|listopad|grudzień"),
		Weekdays:    names("niedziela|poniedziałek|wtorek|środa|czwartek|piątek|sobota"), ShortDays: names("niedz.|pon.|wt.|śr.|czw.|pt.|sob."),
		ShortMonths: names("sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru"),
		Formats:     patterns("%-d.%m.%Y", "%-d %b %Y", "%-d %B %Y", "%A, %-d %B %Y"),
	},
	"sv-SE": {
		Months:   names("januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"),
		Weekdays: names("söndag|måndag|tisdag|onsdag|torsdag|fredag|lördag"), ShortDays: names("sön|mån|tis|ons|tors|fre|lör"),
		ShortMonths: names("jan.|feb.|mars|apr.|maj|juni|juli|aug.|sep.|okt.|nov.|dec."),
		Formats:     patterns("%Y-%m-%d", "%-d %b %Y", "%-d %B %Y", "%A %-d %B %Y"),
	},
	"da-DK": {
		Months:   names("januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"),
		Weekdays: names("søndag|mandag|tirsdag|onsdag|torsdag|fredag|lørdag"), ShortDays: names("søn.|man.|tirs.|ons.|tors.|fre.|lør."),
		ShortMonths: names("jan.|feb.|mar.|apr.|maj|jun.|jul.|aug.|sep.|okt.|nov.|dec."),
		Formats:     patterns("%d.%m.%Y", "%-d. %b %Y", "%-d. %B %Y", "%A den %-d. %B %Y"),
	},
	"pt-PT": {
		Months:   names("janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"),
		Weekdays: names("domingo|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado"), ShortDays: names("domingo|segunda|terça|quarta|quinta|sexta|sábado"),
		ShortMonths: names("jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez."),
		Formats:     patterns("%d/%m/%y", "%d/%m/%Y", "%-d de %B de %Y", "%A, %-d de %B de %Y"),
	},
}

func german(january string) *liquid.Calendar {
	short := names("Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.")
	if january != "Januar" { // Austria
		short[0], short[8] = "Jän.", "Sep."
	}
	return &liquid.Calendar{
		Months:   names(january + "|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"),
		Weekdays: names("Sonntag|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag"), ShortDays: names("So.|Mo.|Di.|Mi.|Do.|Fr.|Sa."),
		ShortMonths: short,
		Formats:     patterns("%d.%m.%y", "%d.%m.%Y", "%-d. %B %Y", "%A, %-d. %B %Y"),
	}
}

func french(short, full string) *liquid.Calendar {
	return &liquid.Calendar{
		Months:   names("janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"),
		Weekdays: names("dimanche|lundi|mardi|mercredi|jeudi|vendredi|samedi"), ShortDays: names("dim.|lun.|mar.|mer.|jeu.|ven.|sam."),
		ShortMonths: names("janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc."),
		Formats:     patterns(short, "%-d %b %Y", "%-d %B %Y", full),
	}
}

func names(list string) []string { return strings.Split(list, "|") }

func patterns(short, medium, long, full string) map[string]string {
	return map[string]string{"short": short, "medium": medium, "long": long, "full": full}
}
