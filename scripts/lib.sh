# lib.sh: what the scripts share. Sourced by them, with the project as directory.

# Exit code 3, as cutproof's internal error: 1 would say that a promise is broken.
fail() {
    echo "$(basename "$0"): error: $*" >&2
    exit 3
}

# quiet LOG COMMAND...: run it, and show what it printed only if it fails.
quiet() {
    local log=$1 code=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || code=$?
    [ "$code" = 0 ] || tail -n 200 "$log" >&2
    return "$code"
}

# cmake_build DIR TARGET [OPTION...]: configure DIR if that is due, and build.
cmake_build() {
    local dir=$1 target=$2
    shift 2
    quiet "$dir/configure.log" cmake -S . -B "$dir" -G Ninja "$@" || fail "cannot configure $dir"
    quiet "$dir/build.log" cmake --build "$dir" --target "$target" || fail "cannot build $dir"
}

# A Python that can make a virtual environment. A version manager can shadow the
# system's python3 by one that does not run, so both are tried.
find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' \
                >/dev/null 2>&1; then
            echo "$python"
            return 0
        fi
    done
    return 1
}
