import { inflateSync } from 'node:zlib'

/**
 * ROOT's own description of the classes in the trees written here (TTree, TBranch, TLeaf… with their bases): the content
 * of the `StreamerInfo` record that uproot 5 writes, packed with zlib. Readers without ROOT's libraries need it.
 * References in it count from the beginning of a key of `rootClassesKeyBytes` bytes.
 */
export const rootClasses = (): Uint8Array => inflateSync(Buffer.from(packed.join(''), 'base64'))

/** Bytes of the key in front of `rootClasses`. */
export const rootClassesKeyBytes = 64

const packed: readonly string[] = [
  'eNrtXH1sHMUVX8d2cD6cxMEJCaRhcEP8AQnlIwkYArEdm7o4dhpfEpqQhL3bWd/Ge7uX3Tk7DpSvFkJK+GiAtrRAoahUVSmiSSVU',
  'IVVUBUSpRCtVQm3VFiT6J+If2j+q0tI3b2bvdm93z7dnQ0jFKTnvx9y937z3e29m3pu9LcrQUqVRqVPgNUcRrxVbFEX7CF6pUeZQ',
  'NUedQUu3Fbg6rMyD92XQHD9QD+9n8UaGNaYodWwl/xJo0I4fHkkf7HEcdUrBj9QHZYjXFqXOjRJUty9KEHwhzTDlofNeXgfX6qDZ',
  'xnJBdWvKBc0RcpSjATm9qmtkUlN5ym+ZCFpXGuD9kqJI+D9P32kZhwp0cOsKG2WTAp4TQ6MWM3SDOtCqGf43KBVeCwuWa4xZVCOG',
  'xUDGHfFQKEI5gFA6/FAa9V6DucvSBiMg1tSIy1RWcMmk7Whwe3EiDFxRr0fq/STqvdWv97mpYWihKW+/+KVrpNqPh9R+pFzt9VLt',
  'hfK+YjcPKPXwvhO7udbfTc/ILagVsmNkJEWE6uFmb3mnJBOKr4bentF+gVFhAcGSo3D9JtTwLhS9Jqhh3s8WaeiAhXu4U1TSrucE',
  '8J35GLk3otwdKJf45c7VUwYz6UIpmPGTJDLhyxsboozZ8D4a82y/MRtTQ1TVldzqO3cIX234TbktG170bFmUJG15f6QtJ9GWOezY',
  'tYGOCeJ0pbKUpMGcLtFth6jE4lelVUkHP7tY9LoTPtRX3k1Ju0gbPxLvSFOobhdR9ftRNehD1Lp8uJBLU4fYOnjTYUBjUmuMZQk1',
  'aQ7s7oKTEAawTVBWu0s0lanrvc9Xskm9cPAqY82VflxNHBdv1VbClp5iVGiNZQ0BgzD+RdVDORYPxUIoWYTSHXBCfUTXXcouFH+4',
  'MvpM26IuUqRoOUMncLGzejB1rfFg/oVgPkAwrwT1MujuUK0x+nzH5vHUjp39BORyu5Cs6gKbHH7vYjI+0DM02k9ssJozabi0cz0h',
  'Ka40+EcPFYwJFUwM3mWTNAWngQ+28y/J2AWLtUPbAaQmeke/IAESAL8dFAA2yKnMsC3+fWqGFVTTnIIYbDvU40qqFxpnsvLTnC5L',
  'OU0rqaUhbdsmdPjBeL0w1IuFernOr5cFoJedMqav9anGi/MRKkkC6WQAkgjK220wIwREuP0wwrofYd3khzVf5yrs42rdKttzpfOL',
  'BJXNMU6ojqGmTeq5XcckJZpNLJsRe1JoE9tSp1NEHqWpEua5aLYuaDinNXJU+2/UqMY/06ssXn3Dfjmq/TE0qr1WHgm9Ue1YZCR0',
  'MRIaYYcSUbedv3UTjboZx8gjmcDHVSJ4E/Du0EsG7FAU5FZ4IJ49LjaIiM1N+jbDMnKFXIf8CzYx+cRG+pbkvUvcPM3wYVCTxKlM',
  'nkxWdWpHpB4WiMTf2UPEibE8ihgwWYkhxqiybOH7v5PE+HOIGK+fEcSoMqzMnBhzQhP7slejm7UdVjuk5MyoEhInwdLImPFhHDUG',
  'ldsOPr9SUuOtEDVeOSOocX+8HRxsYM4SNaqdp9QIKDkxqgLEabEqMmLMjaPFkPK3y5rSkhbvhGjx5hlBixPxVpjEBodmiRZLphvT',
  'm4Zsa2zjFQdY7aiSc6N6VDUMKQNK91+fcD4bUqozReN0btqom7b6iQ4pVULiJFgRSY05cdTYqrQ8cHRCUuMvIWq8cUZQ46F4OxSw',
  'gT1L1Giadj2g2QVYXdSOKTk3qsVUw3yjT/n3uyc/+Gy+8f8+30i4dB1R5jz/xT98tnStzgpV5z0+saVrdYi4Kf8eSYw3kRgr/cRY',
  'kOqzTZNmuH2U3e/+9nF+HZo+E2LHNz916fqpmLS5ikrfi6I7w+n65Tx9zLkockbF3ifL2d8Vb/QxlK+i/MuD8keNI5RYxWStP3cc',
  'QFJtBFD+GVlzexsNvcpv6EWpUXrIZ+sPzatfkwb8Waj09v1yW9fJpvdE2jqPthYJ6k2BhKOPXatLh0RNu8xRM4zn+MEGpuq6UZ2U',
  'fAwZv57Hvsj6RZ2oX5zj7/m8Utd+/CTdIQn+aojgp+LCX8JOl2n6PDgrUCtDMXtZsjLp6e2L6rRnmPJOK9VXAS8NJn2H7ElobBcs',
  'bQUekjQ/9jxAxf5XPwoej8dwCDGMI4bNQeIPqS7r4m8e5znlUTSoxGIqhGWeYbdKoaBqF3gn0gXeQCKc7ydCC4813d2pwZEBqrKC',
  'Q13l3KcvWSKjyWMhLzhaTgjPC6x4FYyiCrahCpYFCySDI7wcy88XTBfHm4uVV5mLrNsXyfbrsZPL/Z1sSvUwNmCYpvLRn7pOiDGz',
  '7vwQ2Zvjat6H4/u2D/u2G/vWHkzgc4FAedtZzI/AsFTlVLedRJm+2mWPsimT+mS7/DxRSq9Zj9Jw8/aoTQViCqMs+fY3nuPGgmad',
  '5QpuPqecPMs/rRXRqUhAGQT0FQTUFZi5eARrLalbZTAspguMRoZxScTI2dzd8SY/iA00RLAxuMWiz87lwX3d870DHk9NOkEBD0Q2',
  '1RyzHYNlcwnC2j3xQMYRCI0Y3nRoN04ZH9VXD1oGM1ST4BAPsZWIe6S3oOu4I6BaJM/GI7lP6AyR7PYjWaz3W8yZEsXXIWp1e2iG',
  'RLWMF619LQjDwUhWIdMCaBqBugmQfi0eaRaRphHpFX6kC/XdYBoqlHMujghSvpwWTcJtRq0EMJ6Jh3EvwrgLYYwEYaA6RN18Q1/B',
  'cfiYRPk1D0iHycHZFiU6EB13wYiaehrdvzNpSvLxiPJoj4UjzZ0I85bIim1xsFo7OEJ0eYxBwKKT5tS6DHwfA3RCiy4vIl873fgS',
  'Hgmj4kBJjfsR343hYOCV/ZdJXuGcoqiiBDa8N154DoWPofCrgsqBtZMgkku8ZVRpcu3dcW2iq9wB51aJ5Ug8lgOIRUTFi4JYRvOm',
  'Aa4HMWipXOK6/IoISwk0cUu89JtR+p7wINiEbDao21LaCELFlaQsfTRe/BEUz1B8T7DzA4bjMvSojhICHlt0fkP6VdB/kgJ7Oh7Y',
  'PQjsDgS2LThSpGzWy3fEbIQDCIdW2T4ZPgmFQQyW3BNwlqY635yRKQ0qSUE+FQ/ybgR5O4IcCoLcY+QR5IZqQKo63x8xA4z3RcSh',
  '8lzFVUGAgtDUbVt3LRkyXPRz71rY5zfLDRixr9KKLLTxqQTHRjgivbQhGHOGhCZ8YKRuZgjlWAwU/7pmU9DvZJC5wIdFBuKZgnku',
  'TCXfZpoHEFI+7IsLJSQkVPteX4jc55sMFDFafHDjM+WLpgtPDSC7i093/WHXmwsDipcq4n3Cx/4bovBi8Lg0iDeFsxTccBeIIlSF',
  '6Cq6oPAtcdOQf55H/krwT1WE/yjCn0T4fZFTQErHu4LoezSNe6igZVjhswP7hZgc2HdEbRYB3xx0Zpi2U76mGByWeTAOiExmKYQ+',
  'OQfks3qxU00jHW1tPCsJand5e2ysuiTlUEqyVNXEhqskW0/rt0ctteq7o1I3O6iOLFCOH9t7t0jd1LeUL7bmfFS+2Go83bnJGaQH',
  'tUIuN4UTvLSaGZ9UHQ2jvcqMtAETiiS5ml9U3pH3XUTyCCI5EIxr21U+IXYHRYoGSCIuSG24hHTQMZJCEsjpMMnapsaTOLgHkgKN',
  'eNLLW6K61WzKm180aldoShgCbyD4DIL/QnBz9MikRZ1V4hN8d6BABaG4RKcq0DRJMnAsTwbdLDWEZRGkkZi193oIeLahWd/u2Bnw',
  '/et3Dm5123fyd67DlLzMTwuuWFFITcMlIM4/pvOiRRMAyHaucdGXvHn+Zp7RyUVmiHajU63wO9V8GT1AF8rnbz71H1kPWhfKEZ1X',
  '7lVzavUqIbDFK/3IkhBmh0IvmVUJeVVzzADto4Q/Y1D2UIZn+BX50gZT3IGbhBHzi635xlHlvcjE41uRO+hhbqAYr/76Je7mH2vK',
  '/ePKPivFSnI5xV6OolgPY9tUZxzs0vm5+96TachvhSj29bii0mR8/PQ/jbE2OJUQIjERuVAc15CFnIlozEN6ohMmIaMcqyR6D4pO',
  'hZ9BWeCJhrFjgScZjhPtPql7I9K0P4/JLw8ZFlUeOat/UBo2wcM9bnwX/Y+7tJVtEAeBaNb5/KgGo9YuFk0qxCY3aO1idxsaywqx',
  'k/wwUTK79VCUOVv3RoUmPoYrjvbO7XClFRqFno9rXVM+DlzwaU1ls0hA+xGQcJ0LQ6lsruLFqOfKWWxJ98gs9mlNoR+OFJ5G4TeG',
  'i+C+2Nwiw0Vl2TKAR8o+zcmqWjK/pZzQlRXTLWkvvzHzrNAP4mEeRZh3Iszh6KzQpupgzjgvVGUF5LKytKc6QTXEubJkTrXAbJff',
  'EFhnlqEKIMkjkoPheU+zPmAW3KzEsiqIZZ0u7tUGp8rn4TYFk1S7qTGWZW24RJrEY9LhwjEG3O7uUcpEi85k2xNreThvkZ4ycBgA',
  'hkyo5mo8I4Y85UzKQRwyXJqxLS1JAajKnU/XBYe30YxqDfAHkttLVnIKVtHT8g6QmPFFGyDjjRMgqmXdfZa+M6+pjK4Wf4juiDmz',
  'WIRjYmrItvMJUPw0HsUJRHEcUez3o1iub6W6WjDZ6ajkvRAPWKS+HkTAapBVw33gVkAifNayv2RMebn4JCRRNc3AVYdcdfGimkZ1',
  'w0KXJO094KPovu0JyjS1RFXMosnhZ0O4ZCSHIdyOxXcmwaWM4WQKpur4lJooeDwcj/IwonTCLtLsoUTerYnHCerMi5RCUlhPxMO6',
  'C2HdirAGg0VmQLLLcPiTrHy1cbEHjOEA5crCt5dDHKd53OWToznbmUoK8FfxAJ9FgE8hwFxwzORE4iPSrh45AhGG8TdLLVK8WVSf',
  'LDUT8PJ1pbsd3hhKtU451oKStUIm+VMor8V34ifYiR9iJ5xgfCx6w56e4thV3g+8H98RcXsWe/JYfE9uE7PQ8GPz8/R+lxk5CKnr',
  'h6OoS+VdkjVcZo85ao6YRk7skUoE7pcVc/dP+YJBoDq4RA/EL0u7ZG8wpO0jYsca1h1w83LGH9nWJ87it5bFTLH6Aly/r9iDk9iD',
  'h8N52oVeD7g79ofQD0cFNiyeeP0QC7AxYwLIM9t9OhW/38FfndgVt99hs3+/A9BFDBi+nQ8e673aCt/6402HZ2sbRKkI6N9V3B5d',
  'Hl1SXhtNXPQ7ESPcX3rfElUMvWir4fDls0xvosIMSzMmDA2itVSLLJMmRvWjymlX/1Lry8GVXo9pwDjqXu0pRhXnaER62FupuLgP',
  'WOPFMT47YKWqgjBkNU/zg4Cu0A7ZAOn8O2TXBb1o0NLo4V18A7579qjtMEzNwyWxKd+VXJqmvoXa2gpf/tV4DGnEcFM4JTBXYFiO',
  '71xTroCRGMAgd6/K9vL/zkl3cOjhrosQ2rYH8+RoEwGO/4iHak1V9TMLi1JyvoAf7QotGULY/FX/st86GYAIBsuTNl8G35S00vFW',
  'cTt9Mso8WxmRfy65veyXnlyRW7vKB0ktgiq4PPbKepnqunbGwI1aqFFDVFCTIf1eZaS3ItKJcJCYrxcrPh3e3qRCPg8M8+p1xcJG',
  'IusuKFWSupT/AS8chkI=',
]
