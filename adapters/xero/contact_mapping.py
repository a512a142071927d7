"""Xero's contacts: name, e-mail, one phone and the ids. Addresses, tax and bank details are left behind here. Pure."""

from adapters.xero import fields
from adapters.xero.answers import XeroContact
from adapters.xero.fields import Json


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
