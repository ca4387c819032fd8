# What ./bmr and ./bmr-bench share; they source it with `root` set to the top of the project.

# build_if_stale NAME MODULE…
# Builds the last MODULE, and those before it that it needs, when its jar is missing in
# MODULE/target/NAME/lib or older than a source. Sets `lib`.
build_if_stale() {
  name=$1
  shift
  sources=pom.xml
  for module in "$@"; do
    sources="$sources $module/pom.xml $module/src/main"
  done
  target=$root/$module/target/$name
  lib=$target/lib
  if is_fresh; then
    return
  fi

  mkdir -p "$target"
  # One build at a time, where the system has a way to wait for the other.
  exec 9>"$target/lock"
  if command -v flock >/dev/null 2>&1; then
    flock 9
  fi
  if ! is_fresh; then
    if [ -d "$lib" ]; then
      printf 'Building bmr4j (its sources have changed)…\n' >&2
    else
      printf 'Building bmr4j (first run, about a minute)…\n' >&2
    fi
    : >"$target/started"
    rm -rf "$lib"
    (
      cd "$root" || exit 1
      ./mvnw -q -B -ntp -pl "$module" -am package -Dmaven.test.skip=true \
        -Dspotless.check.skip=true -Denforcer.skip=true -Djacoco.skip=true
    ) >"$target/build.log" 2>&1 9>&- || {
      rm -rf "$lib"
      cat "$target/build.log" >&2
      printf 'bmr4j could not be built; the reason stands above.\n' >&2
      exit 1
    }
    # Dated before the build: what was edited meanwhile is newer.
    touch -r "$target/started" "$(main_jar)"
  fi
  exec 9>&-
}

# Maven writes this jar last, and always anew.
main_jar() {
  for jar in "$lib/bmr4j-${module##*/}"-*.jar; do
    printf '%s\n' "$jar"
  done
}

is_fresh() {
  jar=$(main_jar)
  [ -f "$jar" ] || return 1
  # shellcheck disable=SC2086
  [ -z "$(cd "$root" && find $sources -newer "$jar" -print 2>/dev/null | head -n 1)" ]
}
