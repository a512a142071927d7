"""Contacts on their way to Xero's JSON and back: name, e-mail, one phone and the ids. Pure.

Addresses, tax and bank details are left behind here. A body is fragments joined, one per contact.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from adapters.xero import fields
from adapters.xero.answers import ContactElement, XeroContact
from adapters.xero.fields import Json
from domain.contact_matching import tidy_name
from domain.document import KyriosContact

_FITS_AS_NUMBER: Final = re.compile(r"[A-Za-z0-9._:-]{1,50}", re.ASCII)


def contact_number(kyrios_contact_id: str, stream_id: UUID) -> str:
    """The ContactNumber by which a Kyrios contact is found again: its id, or its stream's where the id is too long."""
    return kyrios_contact_id if _FITS_AS_NUMBER.fullmatch(kyrios_contact_id) else str(stream_id)


def render_contact(contact: KyriosContact, number: str) -> bytes:
    """One contact element as canonical JSON: fixed order, no blanks, UTF-8."""
    email, phone = contact.email.strip(), contact.phone.strip()
    element: dict[str, Any] = {
        "Name": tidy_name(contact.name),
        "ContactNumber": number,
        **({"EmailAddress": email} if email else {}),
        **({"Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": phone}]} if phone else {}),
    }
    return msgspec.json.encode(element)


def contacts_body(fragments: Sequence[bytes]) -> bytes:
    """The request body these fragments make, byte for byte."""
    return b'{"Contacts":[' + b",".join(fragments) + b"]}"


def read_contact_element(element: Json) -> ContactElement:
    """One element of Xero's answer; whatever it lacks reads as empty."""
    messages = fields.messages(element, "ValidationErrors")
    refused = fields.flag(element, "HasValidationErrors") or fields.flag(element, "HasErrors")
    error = fields.text(element, "StatusAttributeString").upper() == "ERROR"
    return ContactElement(
        contact=read_contact(element), has_errors=bool(messages) or refused or error, messages=messages
    )


def read_contact(found: Json) -> XeroContact:
    """One contact; of its phones the default one, else the mobile, else the first that has a number."""
    return XeroContact(
        contact_id=fields.identifier(found, "ContactID"),
        contact_number=fields.text(found, "ContactNumber"),
        name=fields.text(found, "Name"),
        email=fields.text(found, "EmailAddress"),
        phone=_phone(found),
        status=fields.text(found, "ContactStatus"),
        merged_to=fields.identifier(found, "MergedToContactID"),
        updated_at=fields.moment(found.get("UpdatedDateUTCString")) or fields.moment(found.get("UpdatedDateUTC")),
    )


def _phone(found: Json) -> str:
    phones = [phone for phone in fields.objects(found.get("Phones")) if fields.text(phone, "PhoneNumber").strip()]
    rank = {"DEFAULT": 0, "MOBILE": 1}
    phones.sort(key=lambda phone: rank.get(fields.text(phone, "PhoneType").upper(), 2))
    return _written(phones[0]) if phones else ""


def _written(phone: Json) -> str:
    country, area, number = (
        fields.text(phone, key).strip() for key in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber")
    )
    prefix = f"+{country}" if country.isdigit() else country
    return " ".join(part for part in (prefix, area, number) if part)
