"""A bill as a CycloneDX 1.6 document: the same bill is the same bytes.

Nothing in it is random or of the moment: the serial number is made from the content, and it says
when it was made only where that is told.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from supply.bills import Bill
from supply.items import Item

_PROJECT = "Ollama Observe"
_LICENCES = LicenseFactory()
_NO_NUMBER = UUID(int=0)


def rendered(bill: Bill, made_at_seconds: int | None = None) -> str:
    """The document. `made_at_seconds` counts from 1970."""
    bom = _bom(bill)
    made_at = None if made_at_seconds is None else datetime.fromtimestamp(made_at_seconds, UTC)
    bom.metadata.timestamp = made_at  # type: ignore[assignment]  # it may be left out
    bom.serial_number = _NO_NUMBER
    text = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    return text.replace(str(_NO_NUMBER), str(uuid5(NAMESPACE_OID, text)))


def _bom(bill: Bill) -> Bom:
    root = Component(
        name=f"ollama-observe/{bill.name}" if bill.name != "ollama-observe" else bill.name,
        version=bill.version,
        type=ComponentType(bill.kind),
        bom_ref=f"ollama-observe/{bill.name}",
        description=f"{_PROJECT}: {bill.title}",
        licenses=[_LICENCES.make_from_string("MIT")],
    )
    components = {item.ref: _component(item) for item in bill.items}
    bom = Bom(components=components.values())
    bom.metadata.component = root
    bom.register_dependency(root, [components[ref] for ref in sorted(bill.direct)])
    for item in bill.items:
        needs = [components[ref] for ref in sorted(item.needs)]
        bom.register_dependency(components[item.ref], needs)
    return bom


def _component(item: Item) -> Component:
    return Component(
        name=item.name,
        version=item.version or None,
        type=ComponentType(item.kind),
        bom_ref=item.ref,
        purl=PackageURL.from_string(item.ref),
        scope=ComponentScope.OPTIONAL if item.is_optional else ComponentScope.REQUIRED,
        licenses=[_LICENCES.make_from_string(item.licence)],
        hashes=_hashes(item.sums),
        external_references=_files(item),
        properties=[
            Property(name=f"ollama-observe:{name}", value=value)
            for name, value in item.facts.items()
        ],
    )


def _files(item: Item) -> list[ExternalReference]:
    """Where a file of it is from: by its purl, which names no registry's address."""
    if not item.files:
        return []
    return [
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(item.ref),
            comment="one of the files with these sums",
            hashes=_hashes(item.files),
        )
    ]


def _hashes(sums: Iterable[str]) -> list[HashType]:
    found = []
    for one in sums:
        algorithm, _, value = one.partition(":")
        found.append(HashType(alg=HashAlgorithm(algorithm), content=value))
    return found
