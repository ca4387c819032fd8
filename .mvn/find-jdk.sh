#!/bin/sh
# Prints the home of a JDK that can build and run bmr4j; says what is missing and exits 2 if there is none.
# It reads each JDK's `release` file, so no JVM is started.

# 25.0.3 is the first without JDK-8377811 (G1 may move arrays that native code holds).
# The Vector API incubates: 26 may have another one.
fits() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$1/release")
  case $version in
    25.*) ;;
    *) return 1 ;;
  esac
  case $version in *[!0-9.]*) return 1 ;; esac
  rest=${version#25.}
  minor=${rest%%.*}
  case $rest in
    *.*) rest=${rest#*.}; update=${rest%%.*} ;;
    *) update=0 ;;
  esac
  [ "${minor:-0}" -gt 0 ] || [ "${update:-0}" -ge 3 ]
}

try() {
  if fits "$1"; then
    printf '%s\n' "$1"
    exit 0
  fi
}

# A command's file, behind all its links.
resolved() {
  file=$1
  while [ -L "$file" ]; do
    link=$(readlink "$file")
    case $link in
      /*) file=$link ;;
      *) file=${file%/*}/$link ;;
    esac
  done
  printf '%s\n' "$file"
}

if [ -n "${JAVA_HOME:-}" ]; then try "$JAVA_HOME"; fi

on_path=$(command -v java 2>/dev/null)
case $on_path in
  /*)
    bin=$(resolved "$on_path")
    bin=${bin%/*}
    try "${bin%/bin}"
    ;;
esac

for home in /usr/lib/jvm/* \
  "${HOME:-/}"/.sdkman/candidates/java/* \
  "${HOME:-/}"/.jdks/* \
  /Library/Java/JavaVirtualMachines/*/Contents/Home \
  "${HOME:-/}"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
  try "$home"
done

cat >&2 <<'EOF'
bmr4j needs a JDK 25, 25.0.3 or newer (not 26); none was found in JAVA_HOME, on the PATH, in
/usr/lib/jvm, ~/.sdkman/candidates/java, ~/.jdks or /Library/Java/JavaVirtualMachines.
Ways to get one:
  Debian, Ubuntu:  the package temurin-25-jdk from Adoptium, or openjdk-25-jdk of the distribution
                   (with at least 25.0.3)
  SDKMAN!:         sdk install java 25-tem
  macOS, Homebrew: brew install --cask temurin@25
  others:          https://adoptium.net/temurin/releases/?version=25
If it is installed elsewhere, set JAVA_HOME to its folder.
EOF
exit 2
