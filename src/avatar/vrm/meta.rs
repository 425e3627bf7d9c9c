//! Who made a file and what may be done with it: the meta of VRM, or the `asset` of any glTF file.

use serde_json::Value;

use super::json::{list_of, text_of};

/// The one address that VRM 1.0 knows for a licence.
const PUBLIC_LICENSE: &str = "https://vrm.dev/licenses/1.0/";
/// Longer words are cut.
const WORDS: usize = 400;

/// The licence in one line, where the file says something; plain words about what it forbids go to `warnings`.
pub(in crate::avatar) fn license(
    document: &gltf::Document,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let vrm = |name: &str| {
        document.extension_value(name).map(|vrm| {
            let meta = vrm.get("meta").filter(|meta| meta.is_object());
            (meta.is_some(), meta.unwrap_or(&Value::Null))
        })
    };
    let parts = match (vrm("VRMC_vrm"), vrm("VRM")) {
        (Some((true, meta)), _) => modern(meta, warnings),
        (None, Some((true, meta))) => old(meta, warnings),
        (Some(_), _) | (None, Some(_)) => {
            warnings.push("the file states no licence: ask its maker before showing it".into());
            Vec::new()
        }
        (None, None) => Vec::new(),
    };
    let mut parts = parts;
    parts.extend(asset(document));
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn clean(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(WORDS)
        .collect()
}

fn by(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("by {}", names.join(", ")))
}

/// VRM 1.0. What is not stated has the default of the specification, which allows little.
fn modern(meta: &Value, warnings: &mut Vec<String>) -> Vec<String> {
    let authors: Vec<String> = list_of(meta, "authors")
        .iter()
        .filter_map(Value::as_str)
        .take(8)
        .map(clean)
        .filter(|author| !author.is_empty())
        .collect();
    let url = text_of(meta, "licenseUrl").map(clean).unwrap_or_default();
    let mut parts = vec![if url == PUBLIC_LICENSE {
        format!("VRM Public License 1.0 ({url})")
    } else if url.is_empty() {
        warnings.push(format!(
            "the file names no licence; VRM 1.0 files name {PUBLIC_LICENSE}"
        ));
        "no licence named".to_owned()
    } else {
        warnings.push(format!(
            "the licence {url} is not the one of VRM 1.0 ({PUBLIC_LICENSE}): read what it says"
        ));
        url
    }];
    parts.extend(by(&authors));
    parts.push(match text_of(meta, "avatarPermission") {
        Some("everyone") => "everyone may perform with it".to_owned(),
        Some("onlySeparatelyLicensedPerson") => {
            warnings.push(
                "only people with a licence of their own may perform with this avatar (avatarPermission: \
                 onlySeparatelyLicensedPerson)"
                    .into(),
            );
            "only people with a licence of their own may perform with it".to_owned()
        }
        _ => {
            warnings.push(
                "only its author may perform with this avatar (avatarPermission: onlyAuthor): ask before showing it"
                    .into(),
            );
            "only its author may perform with it".to_owned()
        }
    });
    parts.push(match text_of(meta, "commercialUsage") {
        Some("corporation") => "commercial use by companies allowed".to_owned(),
        Some("personalProfit") => {
            warnings.push(
                "companies may not use this avatar; a person may earn with it (commercialUsage: personalProfit)"
                    .into(),
            );
            "commercial use by persons only".to_owned()
        }
        _ => {
            warnings.push(
                "this avatar may not be used commercially (commercialUsage: personalNonProfit)".into(),
            );
            "no commercial use".to_owned()
        }
    });
    let redistribution = meta.get("allowRedistribution").and_then(Value::as_bool);
    let allowed = |yes: bool| if yes { "allowed" } else { "not allowed" };
    parts.push(format!(
        "redistribution {}",
        allowed(redistribution == Some(true))
    ));
    parts.push(match text_of(meta, "modification") {
        Some("allowModificationRedistribution") => {
            "modification and its redistribution allowed".to_owned()
        }
        Some("allowModification") => "modification allowed".to_owned(),
        _ => {
            warnings.push(
                "this avatar may not be modified (modification: prohibited): show it as it is"
                    .into(),
            );
            "modification not allowed".to_owned()
        }
    });
    parts.push(match text_of(meta, "creditNotation") {
        Some("unnecessary") => "no credit needed".to_owned(),
        _ => "credit required".to_owned(),
    });
    parts.extend(text_of(meta, "copyrightInformation").map(clean));
    parts.extend(text_of(meta, "otherLicenseUrl").map(|url| format!("see also {}", clean(url))));
    parts
}

/// VRM 0.x. Here only what is stated counts.
fn old(meta: &Value, warnings: &mut Vec<String>) -> Vec<String> {
    let mut parts = Vec::new();
    let other = text_of(meta, "otherLicenseUrl").map(clean);
    let name = text_of(meta, "licenseName").map(clean);
    parts.push(match (name.as_deref(), &other) {
        (Some("Redistribution_Prohibited"), _) => "redistribution not allowed".to_owned(),
        (Some("Other") | None, Some(url)) => url.clone(),
        (Some("Other") | None, None) => "no licence named".to_owned(),
        (Some(name), _) => name.replace('_', "-"),
    });
    if name
        .as_deref()
        .is_some_and(|name| name.starts_with("CC_BY_NC"))
    {
        warnings.push("this avatar may not be used commercially (licence: CC BY-NC)".into());
    }
    parts.extend(by(&text_of(meta, "author")
        .map(clean)
        .into_iter()
        .collect::<Vec<_>>()));
    match text_of(meta, "allowedUserName") {
        Some("Everyone") => parts.push("everyone may perform with it".into()),
        Some("ExplicitlyLicensedPerson") => {
            parts.push("only people with a licence of their own may perform with it".into());
            warnings.push(
                "only people with a licence of their own may perform with this avatar (allowedUserName: \
                 ExplicitlyLicensedPerson)"
                    .into(),
            );
        }
        Some("OnlyAuthor") => {
            parts.push("only its author may perform with it".into());
            warnings.push(
                "only its author may perform with this avatar (allowedUserName: OnlyAuthor): ask before showing it"
                    .into(),
            );
        }
        _ => {}
    }
    // The specification spells it so.
    match text_of(meta, "commercialUssageName").or_else(|| text_of(meta, "commercialUsageName")) {
        Some("Allow") => parts.push("commercial use allowed".into()),
        Some("Disallow") => {
            parts.push("no commercial use".into());
            warnings.push(
                "this avatar may not be used commercially (commercialUssageName: Disallow)".into(),
            );
        }
        _ => {}
    }
    let more = text_of(meta, "otherPermissionUrl").map(clean);
    parts.extend(
        more.filter(|url| other.as_ref() != Some(url))
            .map(|url| format!("see also {url}")),
    );
    parts
}

/// What any glTF file may say: `asset.copyright`, and the extras of model libraries.
fn asset(document: &gltf::Document) -> Vec<String> {
    let asset = &document.as_json().asset;
    let mut parts: Vec<String> = asset.copyright.as_deref().map(clean).into_iter().collect();
    let extras = asset
        .extras
        .as_ref()
        .and_then(|extras| serde_json::from_str::<Value>(extras.get()).ok())
        .unwrap_or(Value::Null);
    for (key, before) in [("license", ""), ("author", "by "), ("source", "from ")] {
        parts.extend(text_of(&extras, key).map(|words| format!("{before}{}", clean(words))));
    }
    parts.retain(|part| !part.is_empty());
    parts
}
