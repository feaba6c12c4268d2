"""The security headers of every response."""

from types import MappingProxyType

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)

# The desk's pages run scripts of our own files, and ask this server alone. Their forms name where
# they come from (Referrer-Policy), which a form's guard looks at.
DESK_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DESK_HEADERS = MappingProxyType(
    {
        "content-security-policy": DESK_POLICY,
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
)

# The answer page runs one script of ours, which tells this server that a person is there.
ANSWER_POLICY = PAGE_POLICY + "; script-src 'self'; connect-src 'self'"
ANSWER_HEADERS = MappingProxyType({"content-security-policy": ANSWER_POLICY})

# A captured mail brings its own styles, and they alone are let through: no script, no form, no
# network, an origin of its own. A click on one of its links leaves the frame.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation;"
    " script-src 'none'; object-src 'none'; connect-src 'none'; frame-src 'none';"
    " worker-src 'none'; media-src 'none'; font-src 'none'; img-src data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'"
)

# A mail that a coordinator looks at: its own styles and the pictures that it brings with it, and
# nothing else. It may not even open a window for a link that is pressed.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)

# What a response does not say itself. Only public pages may be kept by a cache, and they say so.
DEFAULT_HEADERS = MappingProxyType(
    {
        "content-security-policy": PAGE_POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store",
    }
)
