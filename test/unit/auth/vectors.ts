/**
 * Keys made by other people's code: Tornado 6 for v2, PyJWT and cryptography for JWTs, Python's hmac for v1. All are of
 * second T; FIRST signs unless the name says otherwise. Made by:
 *
 *   def v1(secret, value, seconds):  # as the original's cookies.py
 *       b = base64.b64encode(value.encode()).decode()
 *       sig = hmac.new(secret.encode(), ("user_key" + b + str(seconds)).encode(), hashlib.sha1).hexdigest()
 *       return f"{b}|{seconds}|{sig}"
 *   def v2(secret, value, name="user_key", key_version=None):
 *       return tornado.web.create_signed_value(
 *           secret, name, value, version=2, clock=lambda: 1700000000, key_version=key_version)
 *   jwt.encode(claims, secret, algorithm="HS256")
 *
 * with the values and claims that stand beside each. The private halves of JWKS were made for this and thrown away.
 */

export const T = 1_700_000_000_000;
export const FIRST = "first-secret-0123456789";
export const SECOND = "second-secret-987654321";

export const V1 = {
  // node-1
  bare: "bm9kZS0x|1700000000|803e82643cddc623673e19c20b434b8805ce717d",
  // {"node_id": "nöde", "client_id": "c1", "app": true, "connection_id": null}
  json: "eyJub2RlX2lkIjogIm7DtmRlIiwgImNsaWVudF9pZCI6ICJjMSIsICJhcHAiOiB0cnVlLCAiY29ubmVjdGlvbl9pZCI6IG51bGx9|1700000000|f75fc93e8c24d1e6bda3b30453877783f9d3aebe",
  // node-1, signed with SECOND
  second: "bm9kZS0x|1700000000|3c2c8c0e5bba0ef01ee64befed5093ca90187ce3",
  // node-1, seconds 1000000000
  ancient: "bm9kZS0x|1000000000|8013e36d8c18bf9282481fef688a546c7aa29a0c",
  // node-1, 59 s after T
  future59: "bm9kZS0x|1700000059|e6ecb903e42938b018dc83165725e45e902c2e7b",
  // node-1, 61 s after T
  future61: "bm9kZS0x|1700000061|f7442c04598c7e5c9d82ad2f8dbde8c644830f15",
  // node-1, seconds 0700000000
  leadingZero: "bm9kZS0x|0700000000|b409b86638e4c4a5f9199c8c3bde368387327f7e",
  // node-1, seconds 700000000
  nine: "bm9kZS0x|700000000|27320aabb49d6b6049aa5bb4c0d5168a71f84794",
  // node-1, seconds 11700000000
  eleven: "bm9kZS0x|11700000000|e0dd545c475822b10d09ddf70b1af34383c98803",
  // node-1, seconds 170000000x
  word: "bm9kZS0x|170000000x|3920e6f3111ad18092ab56c1fc640914d4be1274",
  // a>?>~߿?, whose base64 holds / and a padded tail
  plus: "YT4/Pn7fvz8=|1700000000|166ec7ed1fa454a5dc6f6dd8744f9382fba5bb9a",
  // {"node_id":"node-1","client_id":"c1","app":true}
  compact:
    "eyJub2RlX2lkIjoibm9kZS0xIiwiY2xpZW50X2lkIjoiYzEiLCJhcHAiOnRydWV9|1700000000|1ff4315bd4a7588bb2a67486b31804afda4559ac",
};

export const V2 = {
  // node-1
  bare: "2|1:0|10:1700000000|8:user_key|8:bm9kZS0x|a4d8f6668a9012b35ae9e840ddd0e53ed2caadd8bd33ed50bc08a1846acd3601",
  // {"node_id": "node-1", "client_id": "c1", "app": true, "connection_id": "x"}
  json: "2|1:0|10:1700000000|8:user_key|100:eyJub2RlX2lkIjogIm5vZGUtMSIsICJjbGllbnRfaWQiOiAiYzEiLCAiYXBwIjogdHJ1ZSwgImNvbm5lY3Rpb25faWQiOiAieCJ9|e357e9a442337149d2d6d2554301764b74ca60b1413bf7403e9b7ebf2e3ddc5a",
  // node-1, v2({7: SECOND}, …, key_version=7)
  keyVersion7:
    "2|1:7|10:1700000000|8:user_key|8:bm9kZS0x|8e3f905eeacf1afb0fe8b5502aa48ff6e3a8ab0e6180266c40dfef15de1ae8ee",
  // node-1, name "session"
  otherName:
    "2|1:0|10:1700000000|7:session|8:bm9kZS0x|8fa414c1e8f17aeaeefd0ba39791a5de682dc7250dfd2ddc1543c31e77d0de35",
  // {"__proto__": {"node_id": "evil"}}
  proto:
    "2|1:0|10:1700000000|8:user_key|48:eyJfX3Byb3RvX18iOiB7Im5vZGVfaWQiOiAiZXZpbCJ9fQ==|27c2daf7d7cf81d74eb37124415ba90f2f9e783a06220f1e794eff222c37322f",
  // {"__proto__": {"app": true}, "node_id": "node-1"}
  protoBeside:
    "2|1:0|10:1700000000|8:user_key|68:eyJfX3Byb3RvX18iOiB7ImFwcCI6IHRydWV9LCAibm9kZV9pZCI6ICJub2RlLTEifQ==|2329f0ff8771695cb216cfeb922f22adce82669e5764bd880cd258ce1670dafb",
  // {"node_id": 42}
  number:
    "2|1:0|10:1700000000|8:user_key|20:eyJub2RlX2lkIjogNDJ9|5bfcf1d9e9cc9d2ec6a03bafe1ad87df95f5f2208b089c7171418d72673a8d4a",
  // {"node_id": ["node-1"]}
  array:
    "2|1:0|10:1700000000|8:user_key|32:eyJub2RlX2lkIjogWyJub2RlLTEiXX0=|0d0755f8730691551da7a581c33af575c7c054ac4aed3bbdc750c7f848fb3878",
  // {"node_id": "node-1", "app": "true"}
  appText:
    "2|1:0|10:1700000000|8:user_key|48:eyJub2RlX2lkIjogIm5vZGUtMSIsICJhcHAiOiAidHJ1ZSJ9|6988b3e87fdd54638344696601501390f1f5b4ec401c0d278a38d07ed9fd1599",
  // {"node_id": "node-1", "client_id": null}
  nullClient:
    "2|1:0|10:1700000000|8:user_key|56:eyJub2RlX2lkIjogIm5vZGUtMSIsICJjbGllbnRfaWQiOiBudWxsfQ==|da59f6041c9bfcd74ccbf122a52c0c3378dcf8a391ed3f095e8e717f89b21cf0",
  // {"node_id": "node-1"
  brokenJson:
    "2|1:0|10:1700000000|8:user_key|28:eyJub2RlX2lkIjogIm5vZGUtMSI=|92ffc409cfa8e984dd5fb1fc906e81168e0987ab6ff344916d3716c6ff83cd71",
  // the empty string
  empty: "2|1:0|10:1700000000|8:user_key|0:|9db1e12373659ccf42a2eb4ae7f3b5601431559225f8d53be3c897dacbf28f49",
  // node\n1
  control: "2|1:0|10:1700000000|8:user_key|8:bm9kZQox|b76c134b9e9d9e4fe547e9e5766cf736c9c6f7c7334fae2953553acfefc84353",
  // é 64 times
  bytes128:
    "2|1:0|10:1700000000|8:user_key|172:w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6k=|7fdea546b0591abeb3cc00259a93427db6a7e2fb86fde8bc7dc4f9845121c98c",
  // é 64 times and x
  bytes129:
    "2|1:0|10:1700000000|8:user_key|172:w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6l4|5cf13753a76cd383b9238018aafc54a5bb86f4965120d331dfc0b3ffe6c6c0bc",
  // b"\xff\xfe"
  notUtf8: "2|1:0|10:1700000000|8:user_key|4://4=|4c2464a97041320c8402c14e38ddad3e1cb9aaa6bda029b27add3d9bdf1f68a8",
  // {"node_id":"node-1","client_id":"c1","app":true}
  compact:
    "2|1:0|10:1700000000|8:user_key|64:eyJub2RlX2lkIjoibm9kZS0xIiwiY2xpZW50X2lkIjoiYzEiLCJhcHAiOnRydWV9|91eab4e067835c4d0903cf876a472f0fd972bda1854903003d7184dde62571ba",
};

export const JWT = {
  // {"sub": "node-1", "client_id": "c1", "app": True, "iat": 1700000000.123, "nbf": T, "exp": T + 3600}
  full: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEiLCJjbGllbnRfaWQiOiJjMSIsImFwcCI6dHJ1ZSwiaWF0IjoxNzAwMDAwMDAwLjEyMywibmJmIjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9.WzKVnUzj3Jz7io7U1ccwnSF0UnzTpW-Xbo_CXxjnMAk",
  // {"sub": "node-1", "iat": T, "exp": T + 3600}, signed with SECOND
  second:
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.ZCDvsdpweBDhaInvIgjnyynSIkZB9e1W7YbRq4sAxPg",
  // {"sub": "node-1"}
  bare: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEifQ.unFdKZH1SHhfyBY63DAipiIk_2kYIgAV8lUiSIOnLtU",
  // … "iss": "https://issuer.example", "aud": ["other", "allspark"]
  issued:
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwiaXNzIjoiaHR0cHM6Ly9pc3N1ZXIuZXhhbXBsZSIsImF1ZCI6WyJvdGhlciIsImFsbHNwYXJrIl19.8pgWqY5aoH5ysP8PPS3yy4Tk5ceJA41QHxCq1eMYDcQ",
  // algorithm="none"
  none: "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.",
  // headers={"crit": ["x"], "x": 1}
  crit: "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdLCJ0eXAiOiJKV1QiLCJ4IjoxfQ.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.zX5I-DUVwcU_9ez--VK6j8A-Lg70VcBAw12jYy05KqI",
  // algorithm="HS512"
  hs512:
    "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.soX8l8vi32gij4sW7Akz6xOXCplF-yfZSsS35pomD2CSg7Lcvtnrc87gQyhvq2WtUb_-yo4LHmyk-kGIuJvyjA",
  // {"sub": "node-1", "client_id": "c1", "app": True, "iat": 1700000000.123, "exp": 1700003600.123}
  minted:
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2RlLTEiLCJjbGllbnRfaWQiOiJjMSIsImFwcCI6dHJ1ZSwiaWF0IjoxNzAwMDAwMDAwLjEyMywiZXhwIjoxNzAwMDAzNjAwLjEyM30.7RgLbMlPYHKTPzTrz5UZRU6NQlgYFEIMcEVcbO_J8Po",
};

/** The public halves of the keys that signed ASYMMETRIC. */
export const JWKS = [
  {
    kty: "RSA",
    kid: "rsa-1",
    use: "sig",
    alg: "RS256",
    n: "83wxHAR2W69hFfi0Lu4n5VsVRW2QH8vtrh9F71oZiUiY5LGtyLUhMzuhkcNP43zCBdetVto55elzyxZTd13D_MqfiLYVNLxEFbUozYIOG06Iy-FM5jY25vxDfqZ_W75WHtMEe5uwzjsl7B9U06JYp9K_62mfLpcrCIjidZgk2pcAJ9E1P9SY9zwlbTjKuaUQFug2o21XhcTP0NiBznP-Hqyntzunyqo03ZQ5vG0VRAIHSJTfUtjx_z6HjsMxF4kSl3QbYBuLasyt7i7DAsqbYyvNFOrSPWONsooO0_2PAKH5jYwj-X5pWbc1jJ0m6_Rf0aLVc5BdnI_EYZLijK-ydQ",
    e: "AQAB",
  },
  {
    kty: "EC",
    kid: "ec-1",
    crv: "P-256",
    x: "3fHfQ4nUCXSfhquyxWcMqPQRSgr_c0het8XDA9QaxvM",
    y: "_MHXHGWR7HFjTLz5-HWNV-_D3H_maEb28MPxRyJinEE",
  },
  {
    kty: "OKP",
    kid: "ed-1",
    crv: "Ed25519",
    x: "8-tUeMb-Zn1fs1D_MluDWo8sN1aRrhPDdvmuXOQr7RM",
  },
];

// jwt.encode({"sub": "node-1", "iat": T, "exp": T + 3600}, private_key, algorithm=…, headers={"kid": …})
export const ASYMMETRIC = {
  RS256:
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.acY17V3KhuueBXM1qliW56Uy4xjKxA8tj4_BeqDQgsOJhysG66kp9LAOrfvP4bC-jKrjp70gfc54sEg_IEG4M9eLJWB8l1JzcplulFNW0nLS4OXMtUYp17D9EG4Ice9TCEFFaEGqw9efj3DtLE7sXvXCt-MZdcRAXNl59f_YmBkInE3E2_mQ8JHGBgT7Q1Z6Qjq_n_1cDFOeboC2CFg24USk9lX2PnnRVFIIcVvc2OW5pmv8MiU9x_RzEMY52lRgbxEjsQhEB4fV96waAZvNMnYCqceoBiS7QhCE0G7Pt3gsG96kAJoh_mQv4LzTTfabpiGWnzf_HrJBrK3uQSXofQ",
  ES256:
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.mVKrhS277fYX-tKnHNw60i2aLoOHjatk9A-wdBSaDWOM00IKFLxEr5oKxCBR-wyezxVFJcJQaWNr4_IBmu14AA",
  EdDSA:
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkLTEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJub2RlLTEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.LJXI2Uw0mde_JujWV-KFInTFBcRe7uInbjHMPlnJw_ywgQmRa8BIBfPbmkLu_O5qceuMGDicGk8COg6Z9VwvAw",
};
