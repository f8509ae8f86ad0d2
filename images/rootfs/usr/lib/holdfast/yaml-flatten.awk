# Flattens a YAML (or JSON) document to lines "path<TAB>value": one line per scalar, path segments joined by "/",
# list positions as numbers, and \ newline tab CR inside values written \\ \n \t \r. For example
#   runcmd: [[echo, "a b"]]   ->   runcmd/0/0<TAB>echo   runcmd/0/1<TAB>a b
# Understands block and flow collections, all five scalar styles, comments, and document markers: what cloud-config
# and the usual serialisers produce. Anchors, aliases, tags and "? " keys are refused (exit 1). Null is an empty value.
# Runs under busybox awk, which has no libraries; hence a parser by hand, kept to recursion over the array of lines.

{ sub(/\r$/, ""); lines[++count] = $0 }

END {
  if (failed) exit 1
  p = 1
  while (p <= count && (is_blank(lines[p]) || lines[p] ~ /^%/)) p++
  if (p <= count && lines[p] ~ /^---([ \t]|$)/) lines[p] = "   " substr(lines[p], 4)
  for (i = p; i <= count; i++) if (lines[i] ~ /^(---|\.\.\.)([ \t]|$)/) count = i - 1
  skip_blank()
  if (p <= count) parse_node("", -1)
  skip_blank()
  if (!failed && p <= count) refuse("text after the document's end")
  if (failed) exit 1
}

function refuse(why) {
  if (!failed) print "line " p ": " why > "/dev/stderr"
  failed = 1
  p = count + 1
}

function is_blank(line) { return line ~ /^[ \t]*(#.*)?$/ }
function skip_blank() { while (p <= count && is_blank(lines[p])) p++ }
function indent_of(line) { match(line, /^ */); return RLENGTH }
function spaces(n) { return sprintf("%" n "s", "") }
function join_path(path, name) { return path == "" ? name : path "/" name }

function emit(path, value) {
  gsub(/\\/, "\\\\", value)
  gsub(/\n/, "\\n", value)
  gsub(/\t/, "\\t", value)
  gsub(/\r/, "\\r", value)
  if (!failed) print path "\t" value
}

# The node that starts on line p; `parent` is the indentation of the collection that holds it.
function parse_node(path, parent,    ind, text) {
  ind = indent_of(lines[p])
  text = substr(lines[p], ind + 1)
  if (text ~ /^-([ \t]|$)/) parse_sequence(path, ind)
  else if (text ~ /^\?([ \t]|$)/) refuse("complex keys are not supported")
  else if (key_length(text) > 0) parse_mapping(path, ind)
  else parse_scalar(path, text, parent)
}

function parse_sequence(path, ind,    i, text, lead) {
  for (i = 0; p <= count && indent_of(lines[p]) == ind && substr(lines[p], ind + 1) ~ /^-([ \t]|$)/; i++) {
    text = substr(lines[p], ind + 2)
    match(text, /^[ \t]*/)
    lead = RLENGTH
    text = substr(text, lead + 1)
    if (text == "" || text ~ /^#/) {
      p++
      parse_child(join_path(path, i), ind, 0)
    } else {
      lines[p] = spaces(ind + 1 + lead) text
      parse_node(join_path(path, i), ind)
    }
    skip_blank()
  }
}

function parse_mapping(path, ind,    n, text, key) {
  while (p <= count && indent_of(lines[p]) == ind) {
    text = substr(lines[p], ind + 1)
    n = key_length(text)
    if (n == 0) { refuse("expected a key"); return }
    key = key_name(substr(text, 1, n))
    text = substr(text, n + 1)
    sub(/^[ \t]*:[ \t]*/, "", text)
    if (text == "" || text ~ /^#/) {
      p++
      parse_child(join_path(path, key), ind, 1)
    } else parse_scalar(join_path(path, key), text, ind)
    skip_blank()
  }
  if (p <= count && indent_of(lines[p]) > ind) refuse("wrong indentation")
}

# The value on the lines below a "key:" or a "-"; a list may stand as far left as its key.
function parse_child(path, ind, sequence_may_align,    next_indent) {
  skip_blank()
  next_indent = p <= count ? indent_of(lines[p]) : -1
  if (next_indent > ind || (sequence_may_align && next_indent == ind && substr(lines[p], ind + 1) ~ /^-([ \t]|$)/))
    parse_node(path, ind)
  else emit(path, "")
}

# Length of the key that starts `text`, without its colon; 0 when the text is no "key: value".
function key_length(text,    first, i, c) {
  first = substr(text, 1, 1)
  if (first == "\"" || first == "'") {
    for (i = 2; i <= length(text); i++) {
      c = substr(text, i, 1)
      if (first == "\"" && c == "\\") i++
      else if (c == first) {
        if (first == "'" && substr(text, i + 1, 1) == "'") i++
        else return substr(text, i + 1) ~ /^[ \t]*:([ \t]|$)/ ? i : 0
      }
    }
    return 0
  }
  if (first ~ /[][{}|>&*!%@`#,]/) return 0
  if (!match(text, /:([ \t]|$)/)) return 0
  i = RSTART - 1
  c = substr(text, 1, i)
  if (c ~ /[ \t]#/) return 0
  sub(/[ \t]+$/, "", c)
  return length(c)
}

function key_name(key) {
  if (key !~ /^["']/) return key
  S = key; I = 1; own_lines = 1
  return quoted()
}

function parse_scalar(path, text, parent,    first) {
  first = substr(text, 1, 1)
  if (first ~ /[&*!@`%]/) { refuse("anchors, aliases, tags and reserved characters are not supported"); return }
  if (first == "|" || first == ">") { parse_block_scalar(path, text, parent); return }
  if (first ~ /["'[{]/) {
    S = text; I = 1; own_lines = 0
    flow_node(path)
    flow_space()
    if (!failed && I <= length(S)) refuse("text after a closed value")
    p++
    return
  }
  parse_plain(path, text, parent)
}

function parse_plain(path, text, parent,    value, blanks, line) {
  value = plain_part(text)
  blanks = 0
  for (p++; p <= count && text !~ /[ \t]#/; p++) {
    line = lines[p]
    if (line ~ /^[ \t]*$/) { blanks++; continue }
    if (indent_of(line) <= parent || line ~ /^[ \t]*#/) break
    text = line
    sub(/^[ \t]+/, "", text)
    if (key_length(text) > 0) { refuse("a key inside a multi-line value"); return }
    value = value (blanks ? newlines(blanks) : " ") plain_part(text)
    blanks = 0
  }
  emit(path, value ~ /^(~|null|Null|NULL)$/ ? "" : value)
}

function plain_part(text) {
  sub(/[ \t]+#.*$/, "", text)
  sub(/[ \t]+$/, "", text)
  return text
}

function newlines(n,    out) {
  out = ""
  while (n-- > 0) out = out "\n"
  return out
}

# "|" keeps line ends; ">" turns single ones between plain lines into spaces.
function parse_block_scalar(path, text, parent,
    folded, chomp, ind, line, value, blanks, more, was_more, lines_seen) {
  folded = substr(text, 1, 1) == ">"
  chomp = text ~ /^.[0-9]?-/ ? "-" : (text ~ /^.[0-9]?\+/ ? "+" : "")
  ind = -1
  if (match(text, /^.[-+]?[0-9]/)) ind = (parent < 0 ? 0 : parent) + substr(text, RLENGTH, 1)
  if (text !~ /^.[-+0-9]*[ \t]*$/ && text !~ /^.[-+0-9]*[ \t]+#/) {
    refuse("unexpected text after " substr(text, 1, 1))
    return
  }
  value = ""; blanks = 0; lines_seen = 0; was_more = 0
  for (p++; p <= count; p++) {
    line = lines[p]
    if (line ~ /^ *$/ && (ind < 0 || length(line) <= ind)) { blanks++; continue }
    if (ind < 0) {
      if (indent_of(line) <= parent) break
      ind = indent_of(line)
    }
    if (indent_of(line) < ind) break
    line = substr(line, ind + 1)
    more = line ~ /^[ \t]/
    if (!lines_seen) value = newlines(blanks) line
    else if (!folded || more || was_more) value = value newlines(blanks + 1) line
    else value = value (blanks ? newlines(blanks) : " ") line
    was_more = more; blanks = 0; lines_seen++
  }
  if (chomp == "+") value = value newlines(blanks + (lines_seen ? 1 : 0))
  else if (chomp == "" && lines_seen) value = value "\n"
  emit(path, value)
}

# --- flow style: a cursor I over the text S, which takes further lines as it needs them

function flow_char() {
  while (I > length(S) && !own_lines && p < count) S = S "\n" lines[++p]
  return substr(S, I, 1)
}

# Space and comments between tokens. Does not reach into the next line once the value is complete (`depth` 0).
function flow_space(    c) {
  for (;;) {
    if (I > length(S) && depth == 0) return
    c = flow_char()
    if (c == "#" && (I == 1 || substr(S, I - 1, 1) ~ /[ \t\n]/)) {
      while (I <= length(S) && substr(S, I, 1) != "\n") I++
    } else if (c ~ /^[ \t\n]$/) I++
    else return
  }
}

function flow_node(path,    c, value) {
  c = flow_char()
  if (c == "[") flow_sequence(path)
  else if (c == "{") flow_mapping(path)
  else if (c ~ /^["']$/) emit(path, quoted())
  else {
    value = flow_plain()
    emit(path, value ~ /^(~|null|Null|NULL)$/ ? "" : value)
  }
}

function flow_sequence(path,    i, c) {
  I++; depth++
  for (i = 0; !failed; i++) {
    flow_space()
    if (flow_char() == "]") break
    flow_node(join_path(path, i))
    flow_space()
    c = flow_char()
    if (c == "]") break
    if (c != ",") { refuse("expected , or ] in a list"); break }
    I++
  }
  I++; depth--
}

function flow_mapping(path,    key, c) {
  I++; depth++
  while (!failed) {
    flow_space()
    c = flow_char()
    if (c == "}") break
    key = c ~ /^["']$/ ? quoted() : flow_plain()
    flow_space()
    if (flow_char() == ":") {
      I++
      flow_space()
    }
    c = flow_char()
    if (c == "," || c == "}") emit(join_path(path, key), "")
    else flow_node(join_path(path, key))
    flow_space()
    c = flow_char()
    if (c == "}") break
    if (c != ",") { refuse("expected , or } in a mapping"); break }
    I++
  }
  I++; depth--
}

function flow_plain(    c, value) {
  if (flow_char() ~ /^[&*!|>%@`]?$/) { refuse("unexpected text in a flow collection"); return "" }
  value = ""
  for (;;) {
    c = flow_char()
    if (c == "" || c ~ /^[][{},]$/) break
    if (c == ":" && substr(S, I + 1, 1) ~ /^[]} \t\n,]?$/) break
    if (c == "#" && value ~ /[ \n]$/) break
    if (c == "\n" || c == "\t") c = " "
    if (!(c == " " && value ~ / $/)) value = value c
    I++
  }
  sub(/ +$/, "", value)
  return value
}

# The quoted scalar at I. Line ends inside fold: one becomes a space, n become n-1 newlines.
function quoted(    quote, c, value, kept, breaks) {
  quote = substr(S, I++, 1)
  value = ""
  kept = 0 # value[1..kept] may not be trimmed at a line end: it comes from an escape
  for (;;) {
    c = flow_char()
    if (c == "") { refuse("a quoted value without its end"); return value }
    if (c == quote) {
      I++
      if (quote == "\"" || substr(S, I, 1) != "'") return value
      value = value "'"
      I++
    } else if (c == "\\" && quote == "\"") {
      I++
      if (flow_char() == "\n") {
        I++
        while (flow_char() ~ /^[ \t]$/) I++
      } else value = value unescape()
      kept = length(value)
    } else if (c == "\n") {
      while (length(value) > kept && value ~ /[ \t]$/) value = substr(value, 1, length(value) - 1)
      for (breaks = 0; (c = flow_char()) ~ /^[ \t\n]$/; I++) if (c == "\n") breaks++
      value = value (breaks == 1 ? " " : newlines(breaks - 1))
      kept = length(value)
    } else {
      value = value c
      I++
    }
  }
}

# The escape whose letter is at I.
function unescape(    c, at, digits) {
  c = substr(S, I++, 1)
  if (c == "n") return "\n"
  if (c == "t") return "\t"
  if (c == "r") return "\r"
  if (c == "a") return "\007"
  if (c == "b") return "\010"
  if (c == "e") return "\033"
  if (c == "f") return "\014"
  if (c == "v") return "\013"
  if (c == "0") return "" # awk has no NUL
  if (c ~ /^[ \t\/"\\]$/) return c
  if (c == "N") return utf8(133)
  if (c == "_") return utf8(160)
  if (c == "L") return utf8(8232)
  if (c == "P") return utf8(8233)
  digits = c == "x" ? 2 : (c == "u" ? 4 : (c == "U" ? 8 : 0))
  if (!digits || substr(S, I, digits) !~ /^[0-9a-fA-F]+$/) { refuse("unknown escape \\" c); return "" }
  at = hex(substr(S, I, digits))
  I += digits
  if (at >= 55296 && at <= 56319 && substr(S, I, 2) == "\\u") { # a surrogate pair, as JSON writes it
    at = 65536 + (at - 55296) * 1024 + hex(substr(S, I + 2, 4)) - 56320
    I += 6
  }
  return utf8(at)
}

function hex(text,    i, n) {
  n = 0
  text = tolower(text)
  for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
  return n
}

function utf8(n) {
  if (n == 0) return ""
  if (n < 128) return sprintf("%c", n)
  if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
  if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
  return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
}
