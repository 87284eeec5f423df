# Validates an RO-Crate (a folder or a zip) offline: PROFILE CRATE. The JSON-LD context comes from the package rocrate 0.13, which ships version 1.1.
# Prints the conformance and every issue, one a line.
import json
import sys
from importlib.resources import files

import requests
from rocrate_validator import models, services

context_url = "https://w3id.org/ro/crate/1.1/context"
context_text = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
assert json.loads(context_text)["@id"] == context_url


def answer(self, request, **_):
    response = requests.Response()
    response.request, response.url = request, request.url
    found = request.url == context_url
    response.status_code = 200 if found else 504
    response.headers["Content-Type"] = "application/ld+json"
    response._content = context_text if found else b""
    return response


requests.Session.send = answer
profile, crate = sys.argv[1:]
result = services.validate(models.ValidationSettings(rocrate_uri=crate, profile_identifier=profile, requirement_severity=models.Severity.REQUIRED, no_cache=True, disable_inherited_profiles_issue_reporting=False))
for issue in sorted(result.get_issues(), key=str):
    print(f"{issue.check.identifier}: {issue.message}")
print("valid" if result.passed() else "invalid")
