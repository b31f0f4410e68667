# Makes a man page of a page of docs/, so that there is one text: headings, paragraphs, lists, tables, code.
# Variables: name, section, summary (for the NAME line), version.

function plain(text) {
  gsub(/\\\|/, "\001", text)
  gsub(/\\/, "\\e", text)
  while (match(text, /\[[^]]*\]\([^)]*\)/)) {
    link = substr(text, RSTART, RLENGTH)
    sub(/\]\(.*/, "", link)
    text = substr(text, 1, RSTART - 1) substr(link, 2) substr(text, RSTART + RLENGTH)
  }
  while (match(text, /\*\*[^*]+\*\*/))
    text = substr(text, 1, RSTART - 1) "\\fB" substr(text, RSTART + 2, RLENGTH - 4) "\\fR" substr(text, RSTART + RLENGTH)
  while (match(text, /`[^`]+`/))
    text = substr(text, 1, RSTART - 1) "\\fB" substr(text, RSTART + 1, RLENGTH - 2) "\\fR" substr(text, RSTART + RLENGTH)
  while (match(text, /(^|[ (|])\*[a-zA-Z][^*]*\*/)) {
    start = RSTART + index(substr(text, RSTART), "*") - 1
    text = substr(text, 1, start - 1) "\\fI" substr(text, start + 1, RSTART + RLENGTH - start - 2) "\\fR" substr(text, RSTART + RLENGTH)
  }
  gsub(/\001/, "|", text)
  gsub(/-/, "\\-", text)
  if (text ~ /^[.']/) text = "\\\&" text
  return text
}

function row(line, cells, count, i, label, more) {
  gsub(/\\\|/, "\002", line)
  sub(/^\| */, "", line)
  sub(/ *\|$/, "", line)
  count = split(line, cells, / *\| */)
  for (i = 1; i <= count; i++) gsub(/\002/, "|", cells[i])
  if (!in_table) { # the heading: it says what the columns are
    for (i = 1; i <= count; i++) heading[i] = cells[i]
    return
  }
  label = plain(cells[1])
  more = ""
  for (i = 2; i < count; i++)
    if (cells[i] != "") more = more (more == "" ? "" : "; ") (heading[i] == "" ? "" : plain(heading[i]) " ") plain(cells[i])
  print ".TP"
  print label (more == "" ? "" : " (" more ")")
  print plain(cells[count]) == "" ? "\\&" : plain(cells[count])
}

BEGIN {
  printf ".TH %s %s \"\" \"spoold %s\" \"\"\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n", toupper(name), section, version, name, summary
}
/^```/ {
  in_code = !in_code
  print in_code ? ".PP\n.in +4n\n.nf" : ".fi\n.in"
  next
}
in_code {
  gsub(/\\/, "\\e")
  gsub(/-/, "\\-")
  if (/^[.']/) $0 = "\\\&" $0
  print
  next
}
/^# / { next }
/^## / { print ".SH " toupper(plain(substr($0, 4))); in_table = 0; next }
/^###+ / { sub(/^#+ /, ""); print ".SS " plain($0); in_table = 0; next }
/^\|[-| :]+\|$/ { in_table = 1; next }
/^\|/ { row($0); next }
{ in_table = 0 }
/^$/ { print ".PP"; next }
/^[-*] / { print ".IP \\(bu 2"; print plain(substr($0, 3)); next }
/^[0-9]+\. / { number = $1; sub(/^[0-9]+\. /, ""); print ".IP " number " 3"; print plain($0); next }
{ sub(/^ +/, ""); print plain($0) }
