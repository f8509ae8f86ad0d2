# Turns the flattened `runcmd` (or the key given by -v key=…) into a shell script on stdout:
# a string is a line of shell, a list is one command with its arguments quoted.
BEGIN { FS = "\t"; item = ""; print "#!/bin/sh" }
index($1, key "/") == 1 {
  split(substr($1, length(key) + 2), at, "/")
  if (at[1] != item && item != "") print line
  value = unescape(substr($0, length($1) + 2))
  if (at[2] == "") line = value
  else line = (at[1] == item ? line " " : "") quote(value)
  item = at[1]
}
END { if (item != "") print line }

function quote(text) {
  gsub(/'/, "'\\''", text)
  return "'" text "'"
}

function unescape(text,    out, i, c) {
  out = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "\\") {
      c = substr(text, ++i, 1)
      c = c == "n" ? "\n" : (c == "t" ? "\t" : (c == "r" ? "\r" : c))
    }
    out = out c
  }
  return out
}
