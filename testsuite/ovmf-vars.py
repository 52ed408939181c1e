# SPDX-License-Identifier: GPL-2.0-only
"""ovmf-vars.py TEMPLATE NEW KEYS [--db FILE] [--dbx SHA256]...: makes a variable store for OVMF with Secure Boot on: a copy of the empty
TEMPLATE (OVMF_VARS_4M.fd) with the certificates PK.cer, KEK.cer and db.cer of the directory KEYS, and digests of refused programs.
--db takes another certificate for db. The form of the store is that of EDK2 (MdeModulePkg/Include/Guid/VariableFormat.h), that of the
lists of certificates is in the UEFI specification, "Signature Database"."""
import argparse
import os
import struct
import uuid

GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
DATABASE = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f'
SECURE_BOOT_ENABLE = 'f0a30bc7-af08-4556-99c4-001009c93a44'
CERTIFICATE = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072'
DIGEST = 'c1c41626-504c-4092-aca9-41f936934328'
AUTHENTICATED_STORE = 'aaf32c78-947b-439a-a180-2e144ec37792'
OWNER = 'd2d00000-0000-4000-8000-000000000000'

NON_VOLATILE, BOOT, RUNTIME, BY_TIME = 1, 2, 4, 0x20
START, ADDED, HEADER = 0x55aa, 0x3f, 60


def guid(text):
    return uuid.UUID(text).bytes_le


def signature_list(kind, items):
    """A list of signatures that all have the same length."""
    size = 16 + len(items[0])
    body = b''.join(guid(OWNER) + item for item in items)
    return guid(kind) + struct.pack('<III', 28 + len(body), 0, size) + body


class Store:
    def __init__(self, data):
        self.data = bytearray(data)
        at = struct.unpack_from('<H', data, 48)[0]  # length of the header of the firmware volume
        if data[40:44] != b'_FVH' or data[at:at + 16] != guid(AUTHENTICATED_STORE):
            raise SystemExit('ovmf-vars: the template has another form')
        self.end = at + struct.unpack_from('<I', data, at + 16)[0]
        self.at = at + 28
        while struct.unpack_from('<H', self.data, self.at)[0] == START:
            name, size = struct.unpack_from('<II', self.data, self.at + 36)
            self.at = (self.at + HEADER + name + size + 3) & ~3

    def add(self, vendor, name, attributes, value):
        # The time of the signature, a year, month and day are enough. It must not be in the future.
        time = struct.pack('<HBB12x', 2020, 1, 1) if attributes & BY_TIME else bytes(16)
        name = name.encode('utf-16-le') + b'\0\0'
        record = struct.pack('<HBBIQ16sIII', START, ADDED, 0, attributes, 0, time, 0, len(name), len(value))
        record += guid(vendor) + name + value
        if self.at + len(record) > self.end:
            raise SystemExit('ovmf-vars: no room in the store')
        self.data[self.at:self.at + len(record)] = record
        self.at = (self.at + len(record) + 3) & ~3


parser = argparse.ArgumentParser()
parser.add_argument('template')
parser.add_argument('new')
parser.add_argument('keys')
parser.add_argument('--db')
parser.add_argument('--dbx', action='append', default=[])
args = parser.parse_args()


def certificate(name):
    with open(name if os.sep in name else os.path.join(args.keys, name), 'rb') as file:
        return signature_list(CERTIFICATE, [file.read()])


with open(args.template, 'rb') as file:
    store = Store(file.read())
KEPT = NON_VOLATILE | BOOT
store.add(DATABASE, 'db', KEPT | RUNTIME | BY_TIME, certificate(args.db or 'db.cer'))
if args.dbx:
    store.add(DATABASE, 'dbx', KEPT | RUNTIME | BY_TIME, signature_list(DIGEST, [bytes.fromhex(digest) for digest in args.dbx]))
store.add(GLOBAL, 'KEK', KEPT | RUNTIME | BY_TIME, certificate('KEK.cer'))
store.add(GLOBAL, 'PK', KEPT | RUNTIME | BY_TIME, certificate('PK.cer'))
store.add(SECURE_BOOT_ENABLE, 'SecureBootEnable', KEPT, b'\1')
with open(args.new, 'wb') as file:
    file.write(store.data)
