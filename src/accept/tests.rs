use super::*;

#[test]
fn rfc_sample() {
    let mut value = [0; ACCEPT_LEN];
    // SAFETY: 24 bytes in, 28 out.
    unsafe { (SCALAR.one)(b"dGhlIHNhbXBsZSBub25jZQ==".as_ptr(), value.as_mut_ptr()) };
    assert_eq!(&value, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
