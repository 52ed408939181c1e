# Makes an SPDX 2.3 document (https://spdx.github.io/spdx-spec/v2.3/) of the table that iso/release/packages writes, as raw text.
# Arguments: version, variant, created (a date), files (a list of objects with name, sha1 and sha256), known (the text of
# spdx-licences). SPDX-License-Identifier: GPL-2.0-only

# A word as a part of an identifier, which has letters, digits, "." and "-".
def id: gsub("\\+"; "plus") | gsub("[^A-Za-z0-9.-]+"; "-");

def operator: . == "AND" or . == "OR";

# The expression of licences.awk as one of SPDX: short names of Debian become references to texts that are explained below, also those
# with an exception, which have several words. Without a known form it is null.
def licence($known):
	def operand: join(" ") | if in($known) then . else "LicenseRef-debian-" + id end;
	def close: if .words == [] then . else .out += [.words | operand] | .words = [] end;
	if test("^(see copyright|unknown)") then null
	else
		reduce (scan("[()]|[^ ()]+")) as $word ({out: [], words: []};
			if ($word | operator) or $word == "(" or $word == ")" then close | .out += [$word] else .words += [$word] end)
		| close | .out | join(" ") | gsub("\\( "; "(") | gsub(" \\)"; ")")
	end;

def purl($name; $version; $words): "pkg:deb/debian/\($name | @uri)@\($version | @uri)?\($words)";
def reference($locator): {referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: $locator};
def sums: [{algorithm: "SHA256", checksumValue: .sha256}];
def unknown: "NOASSERTION";

# What a package is for the system.
def relation:
	if .kind == "source" or (.name | startswith("linux-source")) then "GENERATED_FROM"
	elif .kind == "go" or (.name | test("-dev$|^golang-")) then "STATIC_LINK"
	else "CONTAINS" end;

def package($known):
	(.licence | licence($known)) as $licence
	| {
		SPDXID: "SPDXRef-Package-\(.kind)-\(.name | id)",
		name, versionInfo: .version, supplier: "Organization: Debian", downloadLocation: unknown, filesAnalyzed: false,
		licenseConcluded: unknown, licenseDeclared: ($licence // unknown), copyrightText: unknown,
		comment: ({
			deb: "Parts of this package of Debian \(.suite) are in the system.",
			source: "A program in the system was built from this source package of Debian \(.suite).",
			go: "Source of a library for the Docker engine, from Debian \(.suite).",
			host: "A library, header or program of the build machine, which runs Debian \(.suite), became part of the system.",
			other: "Parts of this package of another archive, \(.suite), are in the system.",
			firmware: "Files of this package of Debian \(.suite) are in the system, for devices that need them.",
			file: "A package file that was given to the build."
		}[.kind])
	}
	+ if $licence then {} else {licenseComments: .licence} end
	+ if .sha256 == "-" then {} else {checksums: sums} end
	+ if .source == "-" then {} else {sourceInfo: "built from the Debian source package \(.source) \(.sourceVersion)"} end
	+ if .kind == "file" or .kind == "other" or .architecture == "-" then {} else {
		externalRefs: [reference(purl(.name; .version; "arch=\(.architecture)&distro=\(.suite)"))]
	} end;

def relationship($from; $type; $to): {spdxElementId: $from, relationshipType: $type, relatedSpdxElement: $to};

([$known | split("\n")[] | select(test("^[^#]")) | {(.): true}] | add) as $known
| [split("\n")[] | select(. != "") | split("\t")
	| {kind: .[0], suite: .[1], name: .[2], version: .[3], source: .[4], sourceVersion: .[5], architecture: .[6], sha256: .[7], licence: .[8]}]
	as $packages
| [$packages[] | package($known)] as $described
| "SPDXRef-Package-debian2docker" as $system
| {
	spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: "debian2docker-\($version)-\($variant)",
	documentNamespace: "https://spdx.org/spdxdocs/debian2docker-\($version)-\($hash)",
	creationInfo: {created: $created, creators: ["Tool: debian2docker-\($version)"]},
	documentDescribes: [$system],
	packages: ([{
		SPDXID: $system, name: "debian2docker", versionInfo: $version, downloadLocation: unknown, filesAnalyzed: false,
		primaryPackagePurpose: "OPERATING_SYSTEM", licenseConcluded: unknown, licenseDeclared: "GPL-2.0-only", copyrightText: unknown,
		comment: "Variant \($variant). The declared licence is that of this project's own files."
	}] + $described),
	files: [$files[] | {
		SPDXID: "SPDXRef-File-\(.name | id)", fileName: "./\(.name)",
		checksums: [{algorithm: "SHA1", checksumValue: .sha1}, {algorithm: "SHA256", checksumValue: .sha256}],
		licenseConcluded: unknown, copyrightText: unknown
	}],
	hasExtractedLicensingInfos: [[$described[].licenseDeclared | scan("LicenseRef-[A-Za-z0-9.-]+")] | unique[] | {
		licenseId: ., name: ltrimstr("LicenseRef-debian-"),
		extractedText: "The licence that Debian calls so in the copyright files of these packages: \(. as $id | [$described[]
			| select([.licenseDeclared | scan("LicenseRef-[A-Za-z0-9.-]+")] | index($id)) | .name] | unique | join(", ")). The files are in the release."
	}],
	relationships: ([relationship("SPDXRef-DOCUMENT"; "DESCRIBES"; $system)]
		+ [$files[] | relationship($system; "CONTAINS"; "SPDXRef-File-\(.name | id)")]
		+ [range($packages | length) as $n | relationship($system; $packages[$n] | relation; $described[$n].SPDXID)])
}
