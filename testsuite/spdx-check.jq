# Prints a line for each rule of SPDX 2.3 that a document breaks, as raw text. Arguments: known (the text of iso/release/spdx-licences),
# used (lines `KIND SUITE NAME VERSION` of packages that must be in the document). SPDX-License-Identifier: GPL-2.0-only

def missing($keys): . as $object | $keys[] | select($object[.] | . == null or . == "") | "has no \(.)";

# Words of a licence expression: a name, then operators and names by turns, and as many brackets closed as opened.
def expression($names):
	. as $text
	| if . == "NOASSERTION" or . == "NONE" then empty else
		reduce scan("[()]|[^ ()]+") as $word ({name: true, depth: 0, bad: []};
			if $word == "(" then (if .name then .depth += 1 else .bad += [$word] end)
			elif $word == ")" then (if .name or .depth == 0 then .bad += [$word] else .depth -= 1 end)
			elif $word == "AND" or $word == "OR" or $word == "WITH" then (if .name then .bad += [$word] else .name = true end)
			elif .name and ($word | in($names)) then .name = false
			else .bad += [$word] end)
		| select(.name or .depth != 0 or .bad != []) | "has the licence '\($text)', which is no expression: \(.bad | join(" "))"
	end;

def checksum: {"SHA1": 40, "SHA256": 64}[.algorithm] as $length
	| select($length == null or (.checksumValue | test("^[0-9a-f]{\($length // 1)}$") | not)) | "has a wrong checksum \(.algorithm) \(.checksumValue)";

. as $document
| ([$known | split("\n")[] | select(test("^[^#]"))] + [.hasExtractedLicensingInfos[].licenseId] | map({(.): true}) | add) as $names
| ([.SPDXID] + [.packages[].SPDXID] + [.files[].SPDXID]) as $ids
| (missing(["spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"]) | "the document \(.)"),
	(select(.spdxVersion != "SPDX-2.3" or .dataLicense != "CC0-1.0" or .SPDXID != "SPDXRef-DOCUMENT") | "the document isn't one of SPDX 2.3"),
	(select(.documentNamespace | test("^[a-z]+:[^ #]+$") | not) | "the namespace is no URI without a fragment"),
	(.creationInfo | select(.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$") | not) | "the date \(.created) has another form"),
	(.creationInfo.creators | select(length == 0 or any(test("^(Tool|Person|Organization): .") | not)) | "the creators have another form"),
	($ids[] | select(test("^SPDXRef-[A-Za-z0-9.-]+$") | not) | "the identifier '\(.)' has other characters"),
	($ids | group_by(.)[] | select(length > 1) | "the identifier '\(.[0])' is there \(length) times"),
	(.packages[] | . as $package
		| (missing(["SPDXID", "name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"]),
			(.licenseDeclared, .licenseConcluded | strings | expression($names)), (.checksums // [] | .[] | checksum),
			(select(.filesAnalyzed != false) | "says that its files were analyzed"),
			(.externalRefs // [] | .[] | select(.referenceCategory != "PACKAGE-MANAGER" or .referenceType != "purl"
				or (.referenceLocator | test("^pkg:deb/debian/[a-z0-9.%B+-]+@[A-Za-z0-9.~%_-]+\\?arch=[a-z0-9]+&distro=[a-z]+$") | not))
				| "has the package URL '\(.referenceLocator)'"))
		| "package \($package.name) \(.)"),
	(.files[] | . as $file
		| (missing(["SPDXID", "fileName", "checksums", "licenseConcluded", "copyrightText"]), (.checksums[] | checksum),
			(select([.checksums[].algorithm] | index("SHA1") == null) | "has no checksum SHA1"))
		| "file \($file.fileName) \(.)"),
	(.hasExtractedLicensingInfos[] | select((.licenseId | test("^LicenseRef-[A-Za-z0-9.-]+$") | not) or (.extractedText // "") == "")
		| "the licence \(.licenseId) isn't explained"),
	(.relationships[] | (.spdxElementId, .relatedSpdxElement) | select(. as $id | any($ids[]; . == $id) | not) | "a relationship with '\(.)', which isn't there"),
	(([.relationships[].relatedSpdxElement] | unique) as $related | $ids[1:][] | select(. as $id | any($related[]; . == $id) | not) | "nothing is related to '\(.)'"),
	($used | split("\n")[] | select(. != "") | split(" ") | . as $one
		| select([$document.packages[] | select((.name == $one[2] or (.name | startswith($one[2] + "-"))) and .versionInfo == $one[3]
			and (.SPDXID | startswith("SPDXRef-Package-\($one[0])-")))] == [])
		| "the package \(join(" ")) isn't there")
