"""Which MUST of SPEC.md each refusal here stands for. Where several are listed, one refusal covers all of them."""

MUSTS = {rule: () for rule in """
acknowledgement-exchange acknowledgement-payload amount answer-exchange answer-no-exchange at attributes authority
canonical commitment companions companions-where deadline deliver-until dispatch-token domain encoding entries-shown
entry-commitment entry-identifiers entry-indices entry-order entry-own envelope-parts export export-ends export-exchange
field-conflict field-name field-order field-required field-selector field-unread form form-amount form-issued
form-recipients form-selectors group-commitment group-forgotten group-same group-unread groups-shown handshake-key-id
handshake-late handshake-own handshake-session header-conflict header-groups header-recipients header-selectors
header-times hello-addressee hello-ends hello-key hello-mac issued-at joint key key-cohort key-epoch key-network
key-unknown limit name order-unknown padding parts parts-own placed-contents placed-recipients policy
policy-release policy-selector receipt-from relayer release report-from report-reason report-status revision-where
salt seller-release seller-rules session-key-id session-own session-peer session-unknown settle-until share state-key-id
state-parts state-stage state-token statement-content statement-parts tag token-hash token-where verdict-token way windows
x-wing
""".split()}
RULES = list(MUSTS)


def ids(rule):
    return MUSTS.get(rule, ())
