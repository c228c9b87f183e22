package configs

import (
	"encoding/json"
	"reflect"
	"strconv"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/callbacks"
	"wissel/internal/hours"
)

// Schema gives the JSON Schema (draft 2020-12) of a settings file, for editors: every key, what it means, what may stand
// behind it. It is made from the same structs that settings are read into. References and what only the whole can tell are
// for Load.
func Schema() []byte {
	s := schemaOf(reflect.TypeFor[fileShape](), "")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Settings of wissel"
	s["required"] = []string{"listen", "trunks", "groups"}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("configs: " + err.Error()) // maps of strings always encode
	}
	return append(b, '\n')
}

type object = map[string]any

// forms are what stands behind a key beyond its type: choices and patterns, by the struct and the key.
var forms = map[string]object{
	"listenerShape.bind":   {"pattern": "^(udp|tcp|tls)://.+:[0-9]+$"},
	"listenShape.control":  {"pattern": "^unix://."},
	"mediaShape.ports":     {"pattern": "^[0-9]+ *- *[0-9]+$"},
	"trunkShape.role":      {"enum": []wissel.Role{wissel.Carrier, wissel.Platform}},
	"trunkShape.password":  secretForm(),
	"personShape.phone":    telephone(),
	"personShape.code":     secretForm(),
	"fileShape.people":     {"propertyNames": object{"pattern": nameForm.String()}},
	"deskShape.queue":      {"type": []string{"string", "integer"}},
	"callbacksShape.first": {"enum": []callbacks.First{callbacks.FirstAgent, callbacks.FirstCustomer}},

	"callbacksShape.release": {"enum": []callbacks.ReleaseBy{callbacks.ReleaseDesk, callbacks.ReleaseOperator}},
	"callbacksShape.kinds":   {"items": kindForm()},
	"callbacksShape.agents":  {"minimum": 1, "maximum": 1000},
	"callbacksShape.rate":    {"minimum": 1, "maximum": 50},

	"callbacksShape.attempts":   {"minimum": 1, "maximum": 10},
	"callbacksShape.per_number": {"minimum": 1, "maximum": 20},
	"callbacksShape.per_day":    {"minimum": 1, "maximum": 1_000_000},

	"crisisShape.numbers":       {"items": telephone(), "minItems": 1},
	"operatorShape.phones":      {"items": telephone()},
	"operatorShape.pin":         secretForm(),
	"operatorShape.totp":        secretForm(),
	"operatorShape.role":        {"items": object{"enum": access.Roles}},
	"staffShape.code":           secretForm(),
	"redisShape.password":       secretForm(),
	"redisShape.nodes":          {"minimum": 1, "maximum": 64},
	"probeShape.jitter":         {"minimum": 0, "maximum": 0.5},
	"probeShape.accept":         {"items": object{"type": "integer", "minimum": 200, "maximum": 699}},
	"testShape.number":          telephone(),
	"testShape.show":            telephone(),
	"testShape.expect":          {"enum": []wissel.Expect{wissel.ExpectAnswer, wissel.ExpectAudio, wissel.ExpectDigits}},
	"testShape.per_day":         {"minimum": 1, "maximum": 10_000},
	"statusShape.url":           {"pattern": "^https?://."},
	"statusShape.form":          {"enum": []wissel.StatusForm{wissel.StatusSummary, wissel.StatusJSON, wissel.StatusCode}},
	"hoursShape.holidays":       {"additionalProperties": object{"enum": []hours.Observe{hours.Closed, hours.Open, hours.Lustrum}}, "propertyNames": object{"enum": holidayNames()}},
	"exceptionShape.date":       day(),
	"exceptionShape.to":         day(),
	"handbackShape.mode":        {"enum": []wissel.HandbackMode{wissel.HandbackAuto, wissel.HandbackSticky}},
	"trunkShape.family":         {"pattern": nameForm.String()},
	"groupShape.media":          {"enum": []wissel.Media{wissel.Anchored, wissel.Direct}},
	"fileShape.country":         {"pattern": "^[A-Z]{2}$"},
	"numberShape.kind":          kindForm(),
	"trunkShape.present":        {"items": kindForm()},
	"trunkShape.move":           {"additionalProperties": object{"enum": []string{"next", "flow"}}, "propertyNames": object{"pattern": "^[3-6][0-9][0-9]$"}},
	"groupShape.plans":          {"minProperties": 1, "propertyNames": object{"pattern": nameForm.String()}},
	"smppShape.password":        secretForm(),
	"textProviderShape.secrets": {"additionalProperties": secretForm()},
	"textProviderShape.pace":    {"minimum": 1, "maximum": 10_000},
	"textProviderShape.window":  {"minimum": 1, "maximum": 500},
	"textsShape.providers":      {"propertyNames": object{"pattern": nameForm.String()}},
	"textProviderShape.tariffs": {"additionalProperties": object{"type": []string{"string", "number"}}, "propertyNames": object{"pattern": `^\\+[0-9]*$`}},
	"groupTextsShape.numbers":   {"items": telephone()},
	"groupTextsShape.sender":    telephone(),
	"groupTextsShape.quiet":     {"pattern": "^([0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]|none)$"},
	"fileShape.trunks":          {"minProperties": 1, "propertyNames": object{"pattern": nameForm.String()}},
	"fileShape.groups":          {"minProperties": 1, "propertyNames": object{"pattern": nameForm.String()}},
	"groupShape.numbers":        {"minItems": 1},
	"limitsShape.calls":         {"minimum": 0},
	"limitsShape.cps":           {"minimum": 0},
	"listenShape.sip":           {"minItems": 1},
	"numberShape.number":        telephone(),
	"trunkShape.number":         telephone(),
	"groupShape.present":        {"additionalProperties": telephone()},
	"numberShape.dialled":       telephone(),

	"s3Shape.secret":           secretForm(),
	"s3Shape.endpoint":         {"pattern": "^https?://."},
	"statusPageShape.address":  {"pattern": "^https://."},
	"statusPageShape.lines":    {"propertyNames": object{"pattern": nameForm.String()}},
	"statusPageShape.places":   {"propertyNames": object{"pattern": nameForm.String()}},
	"statusPageShape.channels": {"maxItems": mostChannels},

	"privacyShape.voice_keys": {"items": secretForm(), "maxItems": mostKeys},
}

// required are the keys that a struct cannot do without.
var required = map[string][]string{
	"listenShape": {"sip", "media"}, "mediaShape": {"ports"}, "listenerShape": {"bind"}, "trunkShape": {"role"}, "groupShape": {"numbers"}, "numberShape": {"number"},
	"operatorShape": {"name", "pin"}, "personShape": {"name", "phone"},
	"statusPageShape": {"name"}, "channelShape": {"name"}, "s3Shape": {"endpoint", "bucket", "key", "secret"},
	"planShape": {"targets"}, "hoursShape": {"open"}, "exceptionShape": {"date", "open", "why"},
}

// telephone is a number with or without quotes: unquoted, "+31201234567" is an integer to a YAML editor.
func telephone() object { return object{"type": []string{"string", "integer"}} }

func secretForm() object { return object{"pattern": `^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:.+)$`} }

func day() object { return object{"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"} }

func holidayNames() (all []string) {
	for _, h := range hours.Holidays() {
		all = append(all, h.Name)
	}
	return all
}

func kindForm() object {
	words := []any{}
	for _, k := range names(kinds) {
		words = append(words, k)
		if n, err := strconv.Atoi(k); err == nil { // 116, and 0800, may stand there without quotes
			words = append(words, n)
		}
	}
	return object{"enum": words}
}

// schemaOf describes a type; is is the struct and key that it stands behind.
func schemaOf(t reflect.Type, is string) object {
	var s object
	switch {
	case t == durationType:
		s = object{"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)|[0-9]+d)+$"}
	case t == reflect.TypeFor[share]():
		s = object{"type": "string", "pattern": `^[0-9]{1,3}(\.[0-9])?%$`}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem(), is)
	case t.Kind() == reflect.Struct:
		s = structSchema(t)
		if t == reflect.TypeFor[numberShape]() {
			s = object{"oneOf": []object{telephone(), s}}
		}
		if t == reflect.TypeFor[planShape]() { // its targets alone may stand there
			s = object{"anyOf": []any{s["properties"].(object)["targets"], s}}
		}
	case t.Kind() == reflect.Map:
		s = object{"type": "object", "additionalProperties": schemaOf(t.Elem(), "")}
	case t.Kind() == reflect.Slice:
		s = object{"type": "array", "items": schemaOf(t.Elem(), "")}
	case t.Kind() == reflect.Int:
		s = object{"type": "integer"}
	case t.Kind() == reflect.Float64:
		s = object{"type": "number"}
	case t.Kind() == reflect.Bool:
		s = object{"type": "boolean"}
	default:
		s = object{"type": "string"}
	}
	for k, v := range forms[is] {
		if s[k] = v; k == "enum" {
			delete(s, "type")
		}
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String {
		s = object{"anyOf": []any{s, s["items"]}} // one alone may stand without a list
	}
	return s
}

func structSchema(t reflect.Type) object {
	properties := object{}
	for _, f := range fieldsOf(t) {
		p := schemaOf(f.typ, t.Name()+"."+f.key)
		p["description"] = f.doc
		properties[f.key] = p
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if r := required[t.Name()]; r != nil {
		s["required"] = r
	}
	return s
}
