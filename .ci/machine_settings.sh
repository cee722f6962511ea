# Sourced. uv reads no pip configuration: hand it the index and the certificates this
# machine gives to pip, unless it has settings of its own.

pip_setting() { # PYTHON NAME
  "$1" -m pip config list 2>/dev/null | sed -n "s/^[^=]*\.$2='\(.*\)'$/\1/p" | tail -n 1
}

adopt() { # PYTHON NAME VARIABLE
  local value
  [ -z "${!3:-}" ] || return 0
  value=$(pip_setting "$1" "$2")
  if [ -n "$value" ]; then export "$3=$value"; fi
}

use_pip_settings() { # PYTHON
  adopt "$1" index-url UV_DEFAULT_INDEX
  adopt "$1" extra-index-url UV_INDEX
  adopt "$1" cert SSL_CERT_FILE
  if [ -z "${SSL_CERT_FILE:-}" ]; then export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}; fi
  # TensorFlow's wheel is 600 MB.
  export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180}
}
