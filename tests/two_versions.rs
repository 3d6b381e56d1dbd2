//! Two versions of the crate link into one program, as two dependencies may bring them: without the feature
//! `capi` no function has an unmangled name. One lies below the program's workspace, as git's submodules do.

use std::fs;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = r#"
macro_rules! escape {
    ($webstr:ident) => {{
        let mut result = [0_u8; 5];
        // SAFETY: 2 bytes are readable, and 5 writable.
        let len = unsafe {
            $webstr::ffi::escape_json_ucs1(b"a\n".as_ptr().cast(), 2, result.as_mut_ptr().cast())
        };
        assert_eq!((len, &result), (5, b"\"a\\n\""));
        let [_, major, minor, patch] = $webstr::ffi::webstr_version().to_be_bytes();
        println!("{major}.{minor}.{patch}");
    }};
}

fn main() {
    escape!(one);
    escape!(other);
}
"#;

#[test]
fn two_versions_link_into_one_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two_versions");
    let directory = scratch.join("program");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let change = |manifest: String, from: &str, to: &str| {
        assert_eq!(manifest.matches(from).count(), 1, "{from}");
        manifest.replace(from, to)
    };

    // The same sources twice.
    let mut program = String::from("[package]\nname = 'program'\n[workspace]\n[dependencies]\n");
    for (name, place, version) in [("one", "one", "1.2.3"), ("other", "../other", "4.5.6")] {
        let this = format!("version = \"{}\"\nedition", env!("CARGO_PKG_VERSION"));
        let build =
            format!("version = '{version}'\nbuild = '{}/build.rs'\nedition", root.display());
        let manifest = change(manifest.clone(), &this, &build);
        let manifest = format!("{manifest}\n[lib]\npath = '{}/src/lib.rs'\n", root.display());
        fs::create_dir_all(directory.join(place)).unwrap();
        fs::write(directory.join(place).join("Cargo.toml"), manifest).unwrap();
        program += &format!("{name} = {{ package = 'webstr', path = '{place}' }}\n");
    }

    fs::create_dir_all(directory.join("src")).unwrap();
    fs::write(directory.join("Cargo.toml"), program).unwrap();
    fs::write(directory.join("src/main.rs"), PROGRAM).unwrap();
    // Their dependencies are those of this crate, which cargo has fetched.
    fs::copy(root.join("Cargo.lock"), directory.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .current_dir(&directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1.2.3\n4.5.6\n");
}
